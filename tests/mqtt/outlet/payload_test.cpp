#include "mqtt/outlet/payload.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace gridbridge {
namespace {

TEST(Payload, NumbersAsAGxPrintsThem) {
    EXPECT_EQ(value_payload(229.8999938964844, 2), R"({"value":229.9})");
    EXPECT_EQ(value_payload(230.0, 2), R"({"value":230.0})");
    EXPECT_EQ(value_payload(-1234.5, 2), R"({"value":-1234.5})");
    EXPECT_EQ(value_payload(0.1 + 0.2, 3), R"({"value":0.3})");
    EXPECT_EQ(value_payload(12345678.9015, 3), R"({"value":12345678.902})");
    EXPECT_EQ(value_payload(3), R"({"value":3})");
    EXPECT_EQ(value_payload(5000000000LL), R"({"value":5000000000})");
}

TEST(Payload, NoNegativeZeroAndNoInfinity) {
    EXPECT_EQ(value_payload(-0.0, 2), R"({"value":0.0})");
    EXPECT_EQ(value_payload(-0.001, 2), R"({"value":0.0})");
    EXPECT_EQ(value_payload(std::numeric_limits<double>::infinity(), 2), R"({"value":null})");
    EXPECT_EQ(value_payload(std::nullopt, 2), R"({"value":null})");
}

TEST(Payload, LargeNumbersStayNumbers) {
    EXPECT_EQ(value_payload(4.6e21, 2), R"({"value":4.6e+21})");
    EXPECT_EQ(value_payload(1e15, 2), R"({"value":1e+15})");
}

TEST(Payload, TextIsEscapedAndUtf8Kept) {
    EXPECT_EQ(value_payload("Zähler °C \"q\" \\ /"), "{\"value\":\"Zähler °C \\\"q\\\" \\\\ /\"}");
    EXPECT_EQ(value_payload(std::string_view("a\nb\x01", 4)), R"({"value":"a\u000ab\u0001"})");
    EXPECT_EQ(value_payload(""), R"({"value":""})");
}

TEST(Payload, WhatIsNoUtf8IsReplaced) {
    const std::string bad = "\xEF\xBF\xBD";
    EXPECT_EQ(json_text("a\xFFz"), "\"a" + bad + "z\"");
    EXPECT_EQ(json_text("\xC3"), "\"" + bad + "\"") << "cut off";
    EXPECT_EQ(json_text("\xC0\x80"), "\"" + bad + bad + "\"") << "overlong";
    EXPECT_EQ(json_text("\xED\xA0\x80"), "\"" + bad + bad + bad + "\"") << "surrogate";
    EXPECT_EQ(json_text("\xE2\x82\xAC \xF0\x9F\x94\x8C"), "\"\xE2\x82\xAC \xF0\x9F\x94\x8C\"");
}

TEST(Payload, Lists) {
    constexpr std::array<std::string_view, 2> roles{"grid", "genset"};
    EXPECT_EQ(value_payload(roles), R"({"value":["grid","genset"]})");
    EXPECT_EQ(value_payload(std::span<const std::string_view>()), R"({"value":null})");
}

} // namespace
} // namespace gridbridge
