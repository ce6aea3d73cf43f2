// What is left when nothing else is recognised. Pure.
#pragma once

#include <cstdint>
#include <span>

namespace gridbridge {

// Bytes without any order, or the long runs of equal bits that a line of a lower speed is read as. At least
// 64 bytes.
bool is_noise(std::span<const std::uint8_t> bytes);

} // namespace gridbridge
