// Values to register words: the other direction of decode.hpp, over the same rows. Pure.
#pragma once

#include "drivers/modbus/map/register_map.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace gridbridge {

// Writes the nearest register value into `words`, which are exactly the words of the row, lowest address
// first. False, and nothing written, for a value the register cannot hold: beyond its range, not finite, one
// of its "no value" markers, a negative one where the row knows magnitudes only.
bool encode_row(const RegisterRow& row, double value, std::int16_t in_order_word,
                std::span<std::uint16_t> words);

// Writes what decode_row() takes for "no value"; zeros for a row that has no such marker.
void encode_no_value(const RegisterRow& row, std::int16_t in_order_word, std::span<std::uint16_t> words);

inline constexpr std::size_t packed_serial_words = 7;

// Two characters per word, padded with zero bytes: the last 14 of the letters, digits and underscores of
// `serial`; of a text without two such characters the last 7 bytes in hexadecimal. A GX makes names of it
// that allow nothing else.
std::array<std::uint16_t, packed_serial_words> encode_serial(std::string_view serial);

// VersionFormat::Nibbles: "1.3.4" is 0x1304. A part beyond its bits is kept at their maximum; parts that are
// missing or no numbers are 0.
std::uint16_t encode_version(std::string_view version);

} // namespace gridbridge
