// The log of limits: one JSON object a line, each with a hash over itself and the hash of the line before, so
// that no line can be changed, left out or put in without those behind it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gridbridge {

// What the next line is chained to.
struct LimitLogHead {
    std::uint64_t lines = 0;
    std::string hash = std::string(64, '0'); // SHA-256 of the newest line, hexadecimal
    bool operator==(const LimitLogHead&) const = default;
};

inline constexpr std::size_t longest_limit_line = 2048; // with its line end

// The line of an object, `{"kind":...}` without `seq`, with its line end; `head` becomes that of the line.
std::string chained_line(std::string_view object, LimitLogHead& head);

// Why a line, without its line end, does not follow on `head`; empty: it does, and `head` becomes its own.
std::string why_not_chained(std::string_view line, LimitLogHead& head);

} // namespace gridbridge
