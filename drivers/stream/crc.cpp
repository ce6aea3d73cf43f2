#include "drivers/stream/crc.hpp"

#include <array>
#include <cstddef>

namespace gridbridge {
namespace {

constexpr std::size_t slices = 8;
using Table = std::array<std::array<std::uint16_t, 256>, slices>;

// Row s holds the remainder of a byte followed by s zero bytes, so that eight bytes take one step.
constexpr Table make_table(std::uint16_t reflected_polynomial) {
    Table table{};
    for (std::size_t byte = 0; byte < 256; ++byte) {
        auto remainder = static_cast<std::uint16_t>(byte);
        for (int bit = 0; bit < 8; ++bit) {
            const bool carry = (remainder & 1U) != 0;
            remainder = static_cast<std::uint16_t>(remainder >> 1U);
            if (carry) {
                remainder = static_cast<std::uint16_t>(remainder ^ reflected_polynomial);
            }
        }
        table[0][byte] = remainder;
    }
    for (std::size_t slice = 1; slice < slices; ++slice) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint16_t last = table[slice - 1][byte];
            table[slice][byte] = static_cast<std::uint16_t>((last >> 8U) ^ table[0][last & 0xFFU]);
        }
    }
    return table;
}

constexpr Table arc_table = make_table(0xA001);
constexpr Table ccitt_table = make_table(0x8408);

std::uint16_t advance(const Table& table, std::uint16_t state, std::span<const std::uint8_t> bytes) {
    unsigned crc = state;
    while (bytes.size() >= slices) {
        const unsigned first = bytes[0] ^ (crc & 0xFFU);
        const unsigned second = bytes[1] ^ (crc >> 8U);
        crc = static_cast<unsigned>(table[7][first] ^ table[6][second] ^ table[5][bytes[2]] ^
                                    table[4][bytes[3]] ^ table[3][bytes[4]] ^ table[2][bytes[5]] ^
                                    table[1][bytes[6]] ^ table[0][bytes[7]]);
        bytes = bytes.subspan(slices);
    }
    for (const std::uint8_t byte : bytes) {
        crc = (crc >> 8U) ^ table[0][(crc ^ byte) & 0xFFU];
    }
    return static_cast<std::uint16_t>(crc);
}

} // namespace

std::uint16_t crc16_arc(std::span<const std::uint8_t> bytes, std::uint16_t previous) {
    return advance(arc_table, previous, bytes);
}

std::uint16_t crc16_x25(std::span<const std::uint8_t> bytes, std::uint16_t previous) {
    const auto state = static_cast<std::uint16_t>(previous ^ 0xFFFFU);
    return static_cast<std::uint16_t>(advance(ccitt_table, state, bytes) ^ 0xFFFFU);
}

std::uint16_t crc16_kermit(std::span<const std::uint8_t> bytes, std::uint16_t previous) {
    return advance(ccitt_table, previous, bytes);
}

} // namespace gridbridge
