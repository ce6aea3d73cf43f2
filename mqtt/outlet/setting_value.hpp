// Values of settings and what clients write to them (venus-mqtt: Writing settings). Pure.
#pragma once

#include <optional>
#include <string>
#include <variant>

namespace gridbridge {

using SettingValue = std::variant<int, double, std::string>;

// What the `value` of a write can be that a path of ours might take; lists and objects never are.
using WrittenValue = std::variant<std::monostate, bool, long long, double, std::string>; // monostate: null

enum class SettingType : unsigned char { Int, Float, Text };

// min = max = 0: no range.
struct SettingRange {
    double min = 0;
    double max = 0;
    bool limited() const { return min != max; }
    bool operator==(const SettingRange&) const = default;
};

// As localsettings converts: an int takes 0.9 as 0, true as 1 and "0" as 0; a float takes numbers and their
// text; a text takes numbers as their text. Nothing: refused (no number, out of range, null).
// A text longer than `max_setting_text` bytes is refused too.
inline constexpr std::size_t max_setting_text = 1024;
std::optional<SettingValue> convert(const WrittenValue& written, SettingType type, SettingRange range);

// `{"max":1,"min":0,"value":0}`, without a range `{"value":0}`.
std::string setting_payload(const SettingValue& value, SettingRange range);

// "grid:30".
struct ClassInstance {
    std::string service_class;
    int instance = 0;
    std::string text() const { return service_class + ":" + std::to_string(instance); }
    bool operator==(const ClassInstance&) const = default;
};
std::optional<ClassInstance> parse_class_instance(const std::string& text);

} // namespace gridbridge
