#include "drivers/text/crc16.hpp"

namespace gridbridge {
namespace {

constexpr Crc16Table arc_table(0xA001);
constexpr Crc16Table ccitt_table(0x8408);

} // namespace

std::uint16_t Crc16Table::after(std::uint16_t start, std::span<const std::uint8_t> bytes) const {
    unsigned crc = start;
    while (bytes.size() >= slices) {
        const unsigned first = bytes[0] ^ (crc & 0xFFU);
        const unsigned second = bytes[1] ^ (crc >> 8U);
        crc = static_cast<unsigned>(rows_[7][first] ^ rows_[6][second] ^ rows_[5][bytes[2]] ^
                                    rows_[4][bytes[3]] ^ rows_[3][bytes[4]] ^ rows_[2][bytes[5]] ^
                                    rows_[1][bytes[6]] ^ rows_[0][bytes[7]]);
        bytes = bytes.subspan(slices);
    }
    for (const std::uint8_t byte : bytes) {
        crc = (crc >> 8U) ^ rows_[0][(crc ^ byte) & 0xFFU];
    }
    return static_cast<std::uint16_t>(crc);
}

std::uint16_t crc16_arc(std::span<const std::uint8_t> bytes, std::uint16_t previous) {
    return arc_table.after(previous, bytes);
}

std::uint16_t crc16_modbus(std::span<const std::uint8_t> bytes, std::uint16_t previous) {
    return arc_table.after(previous, bytes);
}

std::uint16_t crc16_x25(std::span<const std::uint8_t> bytes, std::uint16_t previous) {
    const auto start = static_cast<std::uint16_t>(previous ^ 0xFFFFU);
    return static_cast<std::uint16_t>(ccitt_table.after(start, bytes) ^ 0xFFFFU);
}

std::uint16_t crc16_kermit(std::span<const std::uint8_t> bytes, std::uint16_t previous) {
    return ccitt_table.after(previous, bytes);
}

} // namespace gridbridge
