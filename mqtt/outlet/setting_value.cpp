#include "mqtt/outlet/setting_value.hpp"

#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"
#include "mqtt/outlet/payload.hpp"

#include <cmath>
#include <limits>

namespace gridbridge {
namespace {

template <typename... Cases>
struct Overload : Cases... {
    using Cases::operator()...;
};
template <typename... Cases>
Overload(Cases...) -> Overload<Cases...>;

std::optional<double> as_number(const WrittenValue& written) {
    return std::visit(Overload{[](std::monostate) { return std::optional<double>(); },
                               [](bool flag) { return std::optional<double>(flag ? 1 : 0); },
                               [](long long number) { return std::optional(static_cast<double>(number)); },
                               [](double number) { return std::optional(number); },
                               [](const std::string& text) { return parse_number(trim(text)); }},
                      written);
}

std::optional<double> as_whole_number(const WrittenValue& written) {
    if (const auto* text = std::get_if<std::string>(&written)) {
        const auto number = parse_integer(trim(*text));
        return number ? std::optional(static_cast<double>(*number)) : std::nullopt;
    }
    const auto number = as_number(written);
    return number ? std::optional(std::trunc(*number)) : std::nullopt;
}

std::optional<std::string> as_text(const WrittenValue& written) {
    return std::visit(Overload{[](std::monostate) { return std::optional<std::string>(); },
                               [](bool flag) { return std::optional<std::string>(flag ? "1" : "0"); },
                               [](long long number) { return std::optional(std::to_string(number)); },
                               [](double number) { return std::optional(double_text(number)); },
                               [](const std::string& text) { return std::optional(text); }},
                      written);
}

bool fits(double number, SettingRange range) {
    return std::isfinite(number) && (!range.limited() || (number >= range.min && number <= range.max));
}

} // namespace

std::optional<SettingValue> convert(const WrittenValue& written, SettingType type, SettingRange range) {
    if (type == SettingType::Text) {
        auto text = as_text(written);
        return text && text->size() <= max_setting_text ? std::optional<SettingValue>(std::move(*text))
                                                        : std::nullopt;
    }
    const auto number = type == SettingType::Int ? as_whole_number(written) : as_number(written);
    if (!number || !fits(*number, range)) {
        return std::nullopt;
    }
    if (type == SettingType::Float) {
        return *number;
    }
    constexpr double most = std::numeric_limits<int>::max();
    return std::abs(*number) <= most ? std::optional<SettingValue>(static_cast<int>(*number)) : std::nullopt;
}

std::string setting_payload(const SettingValue& value, SettingRange range) {
    const bool whole = std::holds_alternative<int>(value);
    const auto number = [whole](double n) {
        return whole ? std::to_string(static_cast<int>(n)) : double_text(n);
    };
    const std::string text =
        std::visit(Overload{[](int n) { return std::to_string(n); }, [](double n) { return double_text(n); },
                            [](const std::string& t) { return json_text(t); }},
                   value);
    const std::string limits = range.limited()
                                   ? R"("max":)" + number(range.max) + R"(,"min":)" + number(range.min) + ","
                                   : std::string();
    return "{" + limits + R"("value":)" + text + "}";
}

std::optional<ClassInstance> parse_class_instance(const std::string& text) {
    const auto parts = split(text, ':');
    if (parts.size() != 2 || parts[0].empty()) {
        return std::nullopt;
    }
    const auto instance = parse_integer(parts[1]);
    if (!instance || *instance < 0 || *instance > std::numeric_limits<int>::max()) {
        return std::nullopt;
    }
    return ClassInstance{std::string(parts[0]), static_cast<int>(*instance)};
}

} // namespace gridbridge
