#include "drivers/text/characters.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/text/fnv.hpp"
#include "drivers/text/hex.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <gtest/gtest.h>

#include <array>

namespace gridbridge {
namespace {

TEST(Text, NumbersAreWholeAndFinite) {
    EXPECT_EQ(parse_integer("-12"), -12);
    EXPECT_EQ(parse_integer("12 "), std::nullopt);
    EXPECT_EQ(parse_integer(""), std::nullopt);
    EXPECT_EQ(parse_number("2.5"), 2.5);
    EXPECT_EQ(parse_number("inf"), std::nullopt);
    EXPECT_EQ(parse_number("nan"), std::nullopt);
    EXPECT_EQ(parse_number("1,5"), std::nullopt);
    EXPECT_EQ(parse_number("1e999"), std::nullopt);
    EXPECT_EQ(number_text(0.1), "0.1");
}

TEST(Text, Endpoints) {
    EXPECT_EQ(parse_endpoint("host", 502), (Endpoint{"host", 502}));
    EXPECT_EQ(parse_endpoint("host:1", 502), (Endpoint{"host", 1}));
    EXPECT_EQ(parse_endpoint("[::1]:8883", 1), (Endpoint{"::1", 8883}));
    EXPECT_EQ(parse_endpoint("[::1]", 1883), (Endpoint{"::1", 1883}));
    EXPECT_EQ(parse_endpoint("host", 0), std::nullopt);
    EXPECT_EQ(parse_endpoint("host:0", 502), std::nullopt);
    EXPECT_EQ(parse_endpoint("host:x", 502), std::nullopt);
    EXPECT_EQ(parse_endpoint(":502", 502), std::nullopt);
    EXPECT_EQ(parse_endpoint("[::1", 502), std::nullopt);
    EXPECT_EQ(parse_endpoint("", 502), std::nullopt);
}

TEST(Text, PercentDecoding) {
    EXPECT_EQ(percent_decoded("a%20b%2fc"), "a b/c");
    EXPECT_EQ(percent_decoded("100%"), "100%");
    EXPECT_EQ(percent_decoded("%zz%4"), "%zz%4");
}

TEST(Text, SplitAndTrim) {
    EXPECT_EQ(split("a,,b", ',').size(), 3U);
    EXPECT_EQ(split("", ',').size(), 1U);
    EXPECT_EQ(trim(" \t a b\r\n"), "a b");
    EXPECT_EQ(trim(" "), "");
}

TEST(Text, ClassesOfCharactersAreAsciiOnly) {
    EXPECT_TRUE(is_digit('0') && is_digit('9') && !is_digit('a'));
    EXPECT_TRUE(is_letter('A') && is_letter('z') && !is_letter('[') && !is_letter('\xE4'));
    EXPECT_TRUE(is_hex_digit('f') && is_hex_digit('F') && !is_hex_digit('g'));
    EXPECT_TRUE(is_alphanumeric('7') && !is_alphanumeric('_') && !is_alphanumeric(0xE4));
    EXPECT_TRUE(is_printable(' ') && is_printable('~') && !is_printable('\x7F') && !is_printable('\n'));
}

// Published vectors of FNV-1a, 64 bit; serial numbers and digests are made of it.
TEST(Text, HashesStayWhatTheyWere) {
    EXPECT_EQ(fnv1a_hex(""), "cbf29ce484222325");
    EXPECT_EQ(fnv1a_hex("foobar"), "85944171f73967e8");
    EXPECT_EQ(hex_from_low(fnv1a<std::uint64_t>("foobar"), 12), "8e76937f1714");
}

TEST(Text, SuggestsTheNearestNameOnlyWhenItIsNear) {
    const std::array<std::string_view, 3> names{"heartbeat", "retain", "publish"};
    EXPECT_EQ(did_you_mean("hartbeat", names), ", did you mean \"heartbeat\"?");
    EXPECT_EQ(did_you_mean("zzzzzzzz", names), "");
}

} // namespace
} // namespace gridbridge
