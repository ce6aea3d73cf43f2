// Binary frames that say by themselves what they are. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace gridbridge {

struct FrameCount {
    std::size_t good = 0;   // with the right checksum
    std::size_t framed = 0; // begin and end where they say, whatever their checksum
};

// HDLC frames of type 3 (IEC 62056-46, chapter 6.4): 7E, A0..AF with a length of 11 bits, check sequence, 7E.
FrameCount count_hdlc(std::span<const std::uint8_t> bytes);

// Long frames of the wired M-Bus (EN 13757-2, chapter 5): 68 L L 68 ... checksum 16.
FrameCount count_mbus(std::span<const std::uint8_t> bytes);

// Start sequences of SML, also as a 7E1 line shows them: bytes with a parity error are read as 00.
std::size_t count_sml_starts(std::span<const std::uint8_t> bytes);

// Something of an SML file: its end, or a list entry of an OBIS code 1-0.
bool has_sml_parts(std::span<const std::uint8_t> bytes);

} // namespace gridbridge
