#include "mqtt/payload.hpp"

#include "drivers/text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace gridbridge {
namespace {

constexpr std::array<double, 7> powers{1, 10, 100, 1e3, 1e4, 1e5, 1e6};
constexpr double exact_limit = 9e15; // beyond this a double has no fraction left to round

double power_of(int decimals) {
    return powers.at(static_cast<std::size_t>(decimals));
}

std::string wrapped(std::string_view value) {
    std::string payload;
    payload.reserve(value.size() + 10);
    payload.append(R"({"value":)").append(value).append("}");
    return payload;
}

std::string double_text(double value) {
    std::string text = number_text(value);
    if (text.find_first_of(".e") == std::string::npos) {
        text += ".0";
    }
    return text;
}

} // namespace

double rounded(double value, int decimals) {
    const double scaled = value * power_of(decimals);
    return std::abs(scaled) < exact_limit ? std::round(scaled) / power_of(decimals) + 0.0 : value;
}

std::string rounded_text(double value, int decimals) {
    return double_text(rounded(value, decimals));
}

std::string value_payload(std::optional<double> value, int decimals) {
    return value && std::isfinite(*value) ? wrapped(rounded_text(*value, decimals)) : null_payload();
}

std::string value_payload(int value) {
    return wrapped(std::to_string(value));
}
std::string value_payload(long long value) {
    return wrapped(std::to_string(value));
}
std::string value_payload(std::string_view text) {
    return wrapped(json_text(text));
}
std::string value_payload(const char* text) {
    return value_payload(std::string_view(text));
}
std::string null_payload() {
    return wrapped("null");
}

std::string value_payload(std::span<const std::string_view> list) {
    if (list.empty()) {
        return null_payload();
    }
    std::string text = "[";
    for (const std::string_view entry : list) {
        text += (text.size() > 1 ? "," : "") + json_text(entry);
    }
    return wrapped(text + "]");
}

std::string json_text(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string quoted_text = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            quoted_text += '\\';
            quoted_text += c;
        } else if (byte < 0x20) {
            quoted_text += "\\u00";
            quoted_text += hex[byte >> 4U];
            quoted_text += hex[byte & 15U];
        } else {
            quoted_text += c;
        }
    }
    return quoted_text + '"';
}

} // namespace gridbridge
