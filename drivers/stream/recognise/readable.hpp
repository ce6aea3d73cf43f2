// What text says of its sender. Pure.
#pragma once

#include "drivers/stream/recognise/kinds.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace gridbridge {

struct MeterText {
    std::size_t lines = 0;    // data lines, "1-0:1.8.0(...)"
    std::size_t p1_lines = 0; // of codes that only P1 has
    std::size_t p1_ends = 0;  // "!" and four hexadecimal digits
    bool has_header = false;  // "/XXX"
};

// Also where bit 7 is the even parity.
MeterText look_for_meter_text(std::span<const std::uint8_t> bytes);

// Web, Login, Modem, or Echo of an IEC 62056-21 request; else Nothing.
StreamKind look_for_service(std::span<const std::uint8_t> bytes);

} // namespace gridbridge
