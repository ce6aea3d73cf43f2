// Hashes and checksums against published values, and checksums against a second implementation.
#include "app/slave/bitwise_crc16.hpp"
#include "drivers/text/crc16.hpp"
#include "drivers/text/fnv.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gridbridge {
namespace {

std::vector<std::uint8_t> bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

TEST(Fnv, IsThatOfThePublishedVectors) {
    static_assert(fnv1a<std::uint32_t>("") == 0x811C9DC5U);
    EXPECT_EQ(fnv1a<std::uint32_t>("a"), 0xE40C292CU);
    EXPECT_EQ(fnv1a<std::uint32_t>("foobar"), 0xBF9CF968U);
    EXPECT_EQ(fnv1a<std::uint64_t>(""), 0xCBF29CE484222325U);
    EXPECT_EQ(fnv1a<std::uint64_t>("a"), 0xAF63DC4C8601EC8CU);
    EXPECT_EQ(fnv1a<std::uint64_t>("foobar"), 0x85944171F73967E8U);
    EXPECT_EQ(fnv1a_hex("foobar"), "85944171f73967e8");
}

TEST(Crc16, OfModbusHasItsCheckValue) {
    EXPECT_EQ(crc16_modbus(bytes_of("123456789")), 0x4B37);
    EXPECT_EQ(Crc16Table(0xA001).after(0xFFFF, bytes_of("123456789")), 0x4B37);
    EXPECT_EQ(Crc16Table(0x8408).after(0, bytes_of("123456789")), 0x2189);
}

TEST(Crc16, TablesAndBitsAgree) {
    std::vector<std::uint8_t> bytes;
    for (unsigned i = 0; i < 64; ++i) {
        EXPECT_EQ(crc16_arc(bytes), bitwise_crc16(bytes, 0xA001, 0)) << i;
        EXPECT_EQ(crc16_modbus(bytes), bitwise_crc16(bytes, 0xA001, 0xFFFF)) << i;
        EXPECT_EQ(crc16_x25(bytes), bitwise_crc16(bytes, 0x8408, 0xFFFF) ^ 0xFFFF) << i;
        EXPECT_EQ(crc16_kermit(bytes), bitwise_crc16(bytes, 0x8408, 0)) << i;
        bytes.push_back(static_cast<std::uint8_t>(i * 37 + 11));
    }
}

} // namespace
} // namespace gridbridge
