// Telegrams whose line ends a bridge has changed. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace gridbridge {

// Telegrams whose checksum is wrong as they came and right when each line ends in CR LF.
std::size_t count_changed_line_ends_of_p1(std::span<const std::uint8_t> bytes);
std::size_t count_changed_line_ends_of_d0(std::span<const std::uint8_t> bytes);

} // namespace gridbridge
