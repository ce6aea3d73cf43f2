#include "drivers/text/label.hpp"

#include "drivers/text/characters.hpp"
#include "drivers/text/hex.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

// Earlier versions took every printable text.
std::string former_of(std::string_view hex, const std::string& now) {
    const auto text = text_from_hex(hex);
    std::string former = text ? std::string(trim(*text)) : std::string();
    return former == now ? std::string() : former;
}

// Of decimal digits at random, two in a row are a digit in ASCII once in ten times and a letter about every
// second time. Meters print plain numbers too ("84035454"), and the standard has equipment identifiers of 17
// characters as 34 digits, so a text that chance makes less than once in a thousand times was meant.
bool is_no_chance(std::string_view label) {
    double rarity = 1;
    for (const char c : label) {
        rarity *= is_digit(c) ? 10 : 2;
    }
    return rarity >= 1000;
}

} // namespace

bool is_label(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_alphanumeric);
}

Label label_of_octets(std::string_view hex) {
    const auto octets = text_from_hex(hex);
    const std::string text =
        octets && is_label(trim(*octets)) ? std::string(trim(*octets)) : std::string(hex);
    return {text, former_of(hex, text)};
}

Label label_of_text(std::string_view text) {
    const Label decoded = label_of_octets(text);
    const bool is_number = std::all_of(text.begin(), text.end(), is_digit);
    const std::string plain(text);
    return is_number && !is_no_chance(decoded.text) ? Label{plain, former_of(text, plain)} : decoded;
}

} // namespace gridbridge
