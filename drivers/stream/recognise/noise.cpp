#include "drivers/stream/recognise/noise.hpp"

#include "drivers/text/characters.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace gridbridge {
namespace {

// Start bit, data and stop bit as the line carried them, the first one lowest.
constexpr unsigned line_bits(std::uint8_t byte) {
    return 0x200U | static_cast<unsigned>(byte) << 1U;
}

// A bit unlike both of its neighbours. On a line that is read faster than it is sent each bit lasts for
// several.
constexpr bool has_single_bit(std::uint8_t byte) {
    const unsigned edges = line_bits(byte) ^ line_bits(byte) >> 1U; // bit i: between i and i + 1
    return (edges & edges >> 1U & 0xFFU) != 0;
}

struct Statistics {
    std::size_t printable = 0;
    std::size_t values = 0;      // different ones
    std::size_t most = 0;        // bytes of the most frequent value
    std::size_t single_bits = 0; // bytes that have one
};

Statistics statistics(std::span<const std::uint8_t> bytes) {
    std::array<std::size_t, 256> frequency{};
    Statistics found;
    for (const std::uint8_t byte : bytes) {
        ++frequency.at(byte);
        found.printable += is_printable(byte) || byte == '\r' || byte == '\n' ? 1U : 0U;
        found.single_bits += has_single_bit(byte) ? 1U : 0U;
    }
    found.values =
        frequency.size() - static_cast<std::size_t>(std::count(frequency.begin(), frequency.end(), 0U));
    found.most = *std::max_element(frequency.begin(), frequency.end());
    return found;
}

} // namespace

bool is_noise(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t least = 64;
    constexpr std::size_t many_values = 24;
    if (bytes.size() < least) {
        return false;
    }
    const Statistics found = statistics(bytes);
    if (found.printable * 20 >=
        bytes.size() * 19) { // text; read at half its speed it is up to 85 % printable
        return false;
    }
    const bool has_no_order = found.values >= many_values && found.most * 4 <= bytes.size();
    return has_no_order || found.single_bits * 5 <= bytes.size() * 2; // of random bytes: nearly all
}

} // namespace gridbridge
