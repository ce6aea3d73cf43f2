#include "drivers/text/byte_size.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

TEST(ByteSize, IsAWholeNumberWithAUnit) {
    EXPECT_EQ(parse_byte_size("256 MB"), 256'000'000U);
    EXPECT_EQ(parse_byte_size("500kB"), 500'000U);
    EXPECT_EQ(parse_byte_size("1 GB"), 1'000'000'000U);
    EXPECT_EQ(parse_byte_size("0 kB"), 0U);
    EXPECT_EQ(parse_byte_size("1000000000 GB"), 1'000'000'000'000'000'000U);
    for (const char* text : {"", "MB", "1", "1 B", "1.5 MB", "-1 MB", "1 mb", "1 MB x", "1000000001 GB",
                             "99999999999999999999 kB"}) {
        EXPECT_EQ(parse_byte_size(text), std::nullopt) << text;
    }
}

TEST(ByteSize, IsShownAsItIsRead) {
    for (const std::uint64_t bytes : {1000ULL, 999'000ULL, 1'000'000ULL, 256'000'000ULL, 2'000'000'000ULL}) {
        EXPECT_EQ(parse_byte_size(byte_size_text(bytes)), bytes);
    }
    EXPECT_EQ(byte_size_text(256'000'000), "256 MB");
    EXPECT_EQ(byte_size_text(1'500'000), "1500 kB");
    EXPECT_EQ(byte_size_text(0), "0");
}

} // namespace
} // namespace gridbridge
