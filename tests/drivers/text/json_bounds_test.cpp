#include "drivers/text/json_bounds.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gridbridge {
namespace {

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

std::string list(std::size_t values) {
    std::string text = "[1";
    for (std::size_t i = 1; i < values; ++i) {
        text += ",1";
    }
    return text + "]";
}

TEST(JsonBounds, DepthSizeAndCountHaveLimits) {
    EXPECT_TRUE(is_within(nested(32), {}));
    EXPECT_FALSE(is_within(nested(33), {}));
    EXPECT_FALSE(is_within(nested(100000), {.bytes = 1000000}));
    EXPECT_FALSE(is_within(std::string(100000, '['), {.bytes = 1000000})) << "never closed";
    EXPECT_TRUE(is_within(list(4000), {}));
    EXPECT_FALSE(is_within(list(6000), {}));
    EXPECT_TRUE(is_within(std::string(65536, ' '), {}));
    EXPECT_FALSE(is_within(std::string(65537, ' '), {}));
}

TEST(JsonBounds, WhatIsInAStringDoesNotCount) {
    EXPECT_TRUE(is_within("\"" + std::string(1000, '[') + "\"", {}));
    EXPECT_TRUE(is_within(R"({"a":"\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["})", {}));
    EXPECT_FALSE(is_within(R"({"a":"\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["})", {}))
        << "the string has ended";
    EXPECT_TRUE(is_within("\"\\", {})) << "ends in the middle";
}

TEST(JsonBounds, ClosingMoreThanWasOpenedIsNoCredit) {
    EXPECT_FALSE(is_within("]]]]" + nested(33), {}));
}

} // namespace
} // namespace gridbridge
