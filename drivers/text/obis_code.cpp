#include "drivers/text/obis_code.hpp"

#include "drivers/text/characters.hpp"

#include <cstddef>

namespace gridbridge {
namespace {

// Reads 0..255 at the front of `text` and removes it.
bool take_number(std::string_view& text, std::uint8_t& value) {
    unsigned number = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && is_digit(text[digits]) && number <= 255; ++digits) {
        number = number * 10 + static_cast<unsigned>(text[digits] - '0');
    }
    value = static_cast<std::uint8_t>(number);
    text.remove_prefix(digits);
    return digits > 0 && number <= 255;
}

bool take_mark(std::string_view& text, char mark) {
    if (text.empty() || text.front() != mark) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

} // namespace

std::string to_text(Obis code) {
    std::string text = std::to_string(code.a) + '-' + std::to_string(code.b) + ':' + std::to_string(code.c) +
                       '.' + std::to_string(code.d) + '.' + std::to_string(code.e);
    if (code.f != 255) {
        text += '*' + std::to_string(code.f);
    }
    return text;
}

std::optional<Obis> parse_obis(std::string_view text) {
    Obis code;
    const bool good = take_number(text, code.a) && take_mark(text, '-') && take_number(text, code.b) &&
                      take_mark(text, ':') && take_number(text, code.c) && take_mark(text, '.') &&
                      take_number(text, code.d) && take_mark(text, '.') && take_number(text, code.e);
    if (!good) {
        return std::nullopt;
    }
    if (take_mark(text, '*') && !take_number(text, code.f)) {
        return std::nullopt;
    }
    return text.empty() ? std::optional(code) : std::nullopt;
}

} // namespace gridbridge
