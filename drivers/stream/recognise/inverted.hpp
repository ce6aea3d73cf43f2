// Bytes of a line whose signal is inverted. Pure.
#pragma once

#include <cstdint>
#include <span>

namespace gridbridge {

// True when the bytes make sense of a meter once they are turned round: bit by bit as a receiver with the
// wrong polarity sees them, where a start bit is what it takes for one, or each byte as a whole.
bool is_inverted(std::span<const std::uint8_t> bytes);

} // namespace gridbridge
