// CRC-16 bit by bit, for what is simulated. The product computes its own from tables
// (drivers/text/crc16.hpp): what checks it must not share its code.
#pragma once

#include <cstdint>
#include <span>

namespace gridbridge {

// Lowest bit first; 0xA001: P1 (start 0) and Modbus (start 0xFFFF), 0x8408: SML (start 0xFFFF, inverted).
constexpr std::uint16_t bitwise_crc16(std::span<const std::uint8_t> bytes, unsigned reflected_polynomial,
                                      unsigned start) {
    unsigned sum = start;
    for (const std::uint8_t byte : bytes) {
        sum ^= byte;
        for (int bit = 0; bit < 8; ++bit) {
            sum = (sum & 1U) != 0 ? (sum >> 1U) ^ reflected_polynomial : sum >> 1U;
        }
    }
    return static_cast<std::uint16_t>(sum);
}

} // namespace gridbridge
