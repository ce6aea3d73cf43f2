#include "mqtt/outlet/setting_value.hpp"

#include "mqtt/outlet/venus_request.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using Payload = std::optional<std::string>;

// What a setting announces after the write of `json`; nothing: refused.
Payload after(const std::string& json, SettingType type, SettingRange range = {}) {
    const auto written = parse_write("{\"value\": " + json + "}");
    const auto value = written ? convert(*written, type, range) : std::nullopt;
    return value ? Payload(setting_payload(*value, range)) : std::nullopt;
}

TEST(SettingValue, IntsAreConvertedAsLocalsettingsDoes) {
    constexpr SettingRange flag{0, 1};
    EXPECT_EQ(after("1", SettingType::Int, flag), R"({"max":1,"min":0,"value":1})");
    EXPECT_EQ(after("0.9", SettingType::Int, flag), R"({"max":1,"min":0,"value":0})");
    EXPECT_EQ(after("-0.9", SettingType::Int, flag), R"({"max":1,"min":0,"value":0})");
    EXPECT_EQ(after("true", SettingType::Int, flag), R"({"max":1,"min":0,"value":1})");
    EXPECT_EQ(after("\"0\"", SettingType::Int, flag), R"({"max":1,"min":0,"value":0})");
    for (const char* refused : {"2", "-1", "1.5e9", "\"abc\"", "\"0.9\"", "\"\"", "null", "[]", "[1]", "{}",
                                "{\"a\":1}", "5000000000", "1e300"}) {
        EXPECT_EQ(after(refused, SettingType::Int, flag), std::nullopt) << refused;
    }
    EXPECT_EQ(after("7", SettingType::Int), R"({"value":7})") << "min = max = 0 is no range";
    EXPECT_EQ(after("5000000000", SettingType::Int), std::nullopt);
}

TEST(SettingValue, FloatsTakeNumbersAndTheirText) {
    constexpr SettingRange range{-1e6, 1e6};
    EXPECT_EQ(after("-200", SettingType::Float, range),
              R"({"max":1000000.0,"min":-1000000.0,"value":-200.0})");
    EXPECT_EQ(after("12.5", SettingType::Float, range), R"({"max":1000000.0,"min":-1000000.0,"value":12.5})");
    EXPECT_EQ(after("\"7.25\"", SettingType::Float, range),
              R"({"max":1000000.0,"min":-1000000.0,"value":7.25})");
    for (const char* refused : {"2e6", "\"abc\"", "null", "\"nan\"", "\"inf\"", "[]"}) {
        EXPECT_EQ(after(refused, SettingType::Float, range), std::nullopt) << refused;
    }
}

TEST(SettingValue, TextsTakeNumbersAsText) {
    EXPECT_EQ(after("\"0172690\"", SettingType::Text), R"({"value":"0172690"})");
    EXPECT_EQ(after("42", SettingType::Text), R"({"value":"42"})");
    EXPECT_EQ(after("5.0", SettingType::Text), R"({"value":"5.0"})");
    EXPECT_EQ(after("true", SettingType::Text), R"({"value":"1"})");
    EXPECT_EQ(after("\"\"", SettingType::Text), R"({"value":""})");
    EXPECT_EQ(after(R"("Z\u00e4hler \"Nord\"")", SettingType::Text), "{\"value\":\"Zähler \\\"Nord\\\"\"}");
    EXPECT_EQ(after("null", SettingType::Text), std::nullopt);
    EXPECT_EQ(after("[\"a\"]", SettingType::Text), std::nullopt);
    EXPECT_EQ(after("\"" + std::string(max_setting_text + 1, 'x') + "\"", SettingType::Text), std::nullopt);
}

TEST(SettingValue, WhatIsNoWrite) {
    for (const char* payload : {"", "hello", "12", "{\"val\":1}", "[{\"value\":1}]", "{\"value\":", "null"}) {
        EXPECT_FALSE(parse_write(payload)) << payload;
    }
    EXPECT_TRUE(parse_write(R"({"extra":[1],"value":1})"));
    EXPECT_EQ(parse_write(R"({"value":18446744073709551615})"), WrittenValue(18446744073709551615.0));
}

TEST(SettingValue, ClassAndInstance) {
    EXPECT_EQ(parse_class_instance("grid:42"), (ClassInstance{"grid", 42}));
    for (const char* text :
         {"grid", "7", "", ":7", "grid:", "grid:x", "grid:-1", "grid:1:2", "grid:99999999999"}) {
        EXPECT_FALSE(parse_class_instance(text)) << text;
    }
}

} // namespace
} // namespace gridbridge
