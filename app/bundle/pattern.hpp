// Every form in which a secret is on a wire or in a text, and what takes its place. Pure.
#pragma once

#include "app/bundle/replacements.hpp"
#include "app/recording/record.hpp"

#include <cstdint>
#include <vector>

namespace gridbridge {

struct Pattern {
    enum class Case : std::uint8_t {
        Exact,   // octets
        Letters, // a letter takes the case of the one it replaces
        Hex      // all digits take the case of those they replace; capitals where these have none
    };
    enum class Edges : std::uint8_t {
        Any,
        Word,  // no letter or digit beside it
        Number // and it is no part of a decimal number: no point and digits either
    };

    Bytes from, to; // equally long; of Letters and Hex in small letters
    Case letters = Case::Exact;
    Edges edges = Edges::Any;
};

// As text; escaped for JSON and TOML, and for a URI; octets in hexadecimal digits; registers of two
// characters with the bytes swapped (not swapped they are the text); registers of one character; octets of a
// text of hexadecimal digits; MAC addresses with their marks; server ids of DIN labels.
std::vector<Pattern> patterns_of(const Replacement& replacement);

} // namespace gridbridge
