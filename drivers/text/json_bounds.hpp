// Whether JSON from outside is small enough to be parsed. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace gridbridge {

struct JsonBounds {
    std::size_t bytes = std::size_t{64} * 1024;
    std::size_t depth = 32;    // of arrays and objects within each other
    std::size_t values = 5000; // members and elements of all of them
};

// Looked at before parsing: a parser takes memory for every value and stack for every level. True says
// nothing of whether the text is JSON.
bool is_within(std::string_view json, const JsonBounds& bounds);

} // namespace gridbridge
