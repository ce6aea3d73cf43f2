#include "drivers/text/hex.hpp"

#include "drivers/text/characters.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {

std::string hex_text(std::span<const std::uint8_t> bytes, HexCase digits) {
    std::string text;
    text.reserve(2 * bytes.size());
    for (const std::uint8_t byte : bytes) {
        text += hex_char(byte >> 4U, digits);
        text += hex_char(byte, digits);
    }
    return text;
}

std::optional<std::vector<std::uint8_t>> bytes_of_hex(std::string_view text) {
    std::vector<std::uint8_t> bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        const auto high = hex_digit(text[i]);
        const auto low = hex_digit(text[i + 1]);
        if (!high || !low) {
            return std::nullopt;
        }
        bytes.push_back(static_cast<std::uint8_t>(*high * 16 + *low));
    }
    return text.size() % 2 == 0 ? std::optional(std::move(bytes)) : std::nullopt;
}

std::optional<std::string> text_from_hex(std::string_view hex) {
    const auto bytes = bytes_of_hex(hex);
    if (!bytes) {
        return std::nullopt;
    }
    std::string text(bytes->begin(), bytes->end());
    return std::all_of(text.begin(), text.end(), is_printable) ? std::optional(std::move(text))
                                                               : std::nullopt;
}

std::string hex_from_low(std::uint64_t value, int digits) {
    std::string text;
    for (int i = 0; i < digits; ++i, value >>= 4U) {
        text += hex_char(static_cast<unsigned>(value & 0xFU));
    }
    return text;
}

} // namespace gridbridge
