// CRC-16 variants of the stream dialects.
#pragma once

#include <cstdint>
#include <span>

namespace gridbridge {

// Each returns the checksum of `bytes`. To go on with further bytes, pass the checksum so far as `previous`.

// CRC-16/ARC, check value 0xBB3D: P1 telegrams (DSMR P1 Companion Standard 5.0.2, 5.2).
std::uint16_t crc16_arc(std::span<const std::uint8_t> bytes, std::uint16_t previous = 0);

// CRC-16/X-25, check value 0x906E: SML (BSI TR-03109-1 annex IV, DIN EN 62056-46).
std::uint16_t crc16_x25(std::span<const std::uint8_t> bytes, std::uint16_t previous = 0);

// CRC-16/KERMIT, check value 0x2189: SML of Holley DTZ541.
std::uint16_t crc16_kermit(std::span<const std::uint8_t> bytes, std::uint16_t previous = 0);

} // namespace gridbridge
