#include "drivers/stream/recognise/inverted.hpp"

#include "drivers/stream/recognise/frames.hpp"
#include "drivers/stream/recognise/readable.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace gridbridge {
namespace {

constexpr std::size_t bits_per_byte = 10; // start, eight of data, stop

// What the line of an 8N1 receiver carried, bit `at` of it, turned round.
unsigned turned_bit(std::span<const std::uint8_t> bytes, std::size_t at) {
    const std::size_t bit = at % bits_per_byte;
    const unsigned seen = bit == 0                   ? 0U
                          : bit == bits_per_byte - 1 ? 1U
                                                     : bytes[at / bits_per_byte] >> (bit - 1) & 1U;
    return seen ^ 1U;
}

// The bytes of the turned line when a start bit stands at each tenth bit from `phase` on. While bytes follow
// each other without a pause, the receiver stays at one phase.
std::vector<std::uint8_t> turned(std::span<const std::uint8_t> bytes, std::size_t phase) {
    std::vector<std::uint8_t> result;
    result.reserve(bytes.size());
    for (std::size_t start = phase; start + bits_per_byte <= bytes.size() * bits_per_byte;
         start += bits_per_byte) {
        unsigned value = 0;
        for (std::size_t bit = 0; bit < 8; ++bit) {
            value |= turned_bit(bytes, start + 1 + bit) << bit;
        }
        result.push_back(static_cast<std::uint8_t>(value));
    }
    return result;
}

bool makes_sense(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t enough_lines = 3;
    return look_for_meter_text(bytes).lines >= enough_lines || count_sml_starts(bytes) > 0 ||
           count_hdlc(bytes).good > 0;
}

} // namespace

bool is_inverted(std::span<const std::uint8_t> bytes) {
    std::vector<std::uint8_t> complement(bytes.begin(), bytes.end());
    for (std::uint8_t& byte : complement) {
        byte = static_cast<std::uint8_t>(byte ^ 0xFFU);
    }
    bool found = makes_sense(complement);
    for (std::size_t phase = 0; phase < bits_per_byte && !found; ++phase) {
        found = makes_sense(turned(bytes, phase));
    }
    return found;
}

} // namespace gridbridge
