// CRC-16 with the lowest bit first, as meters send it. Table-driven.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace gridbridge {

// For one polynomial: 0xA001 is x^16 + x^15 + x^2 + 1, 0x8408 is x^16 + x^12 + x^5 + 1.
class Crc16Table {
  public:
    constexpr explicit Crc16Table(std::uint16_t reflected_polynomial);

    // The register after `bytes`, beginning with `start`. What comes out may be the start for further bytes.
    std::uint16_t after(std::uint16_t start, std::span<const std::uint8_t> bytes) const;

  private:
    static constexpr std::size_t slices = 8;
    // Row s holds the remainder of a byte followed by s zero bytes, so that eight bytes take one step.
    std::array<std::array<std::uint16_t, 256>, slices> rows_{};
};

// Each returns the checksum of `bytes`. To go on with further bytes, pass the checksum so far as `previous`.

// CRC-16/ARC, check value 0xBB3D: P1 telegrams (DSMR P1 Companion Standard 5.0.2, 5.2).
std::uint16_t crc16_arc(std::span<const std::uint8_t> bytes, std::uint16_t previous = 0);

// CRC-16/MODBUS, check value 0x4B37: serial lines (MODBUS over Serial Line V1.02, 6.2.2).
std::uint16_t crc16_modbus(std::span<const std::uint8_t> bytes, std::uint16_t previous = 0xFFFF);

// CRC-16/X-25, check value 0x906E: SML (BSI TR-03109-1 annex IV, DIN EN 62056-46).
std::uint16_t crc16_x25(std::span<const std::uint8_t> bytes, std::uint16_t previous = 0);

// CRC-16/KERMIT, check value 0x2189: SML of Holley DTZ541.
std::uint16_t crc16_kermit(std::span<const std::uint8_t> bytes, std::uint16_t previous = 0);

constexpr Crc16Table::Crc16Table(std::uint16_t reflected_polynomial) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
        auto remainder = static_cast<std::uint16_t>(byte);
        for (int bit = 0; bit < 8; ++bit) {
            const bool carry = (remainder & 1U) != 0;
            remainder = static_cast<std::uint16_t>(remainder >> 1U);
            if (carry) {
                remainder = static_cast<std::uint16_t>(remainder ^ reflected_polynomial);
            }
        }
        rows_[0][byte] = remainder;
    }
    for (std::size_t slice = 1; slice < slices; ++slice) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint16_t last = rows_[slice - 1][byte];
            rows_[slice][byte] = static_cast<std::uint16_t>((last >> 8U) ^ rows_[0][last & 0xFFU]);
        }
    }
}

} // namespace gridbridge
