// Answers text commands about the meters. Pure: command, view and time in, text out.
#pragma once

#include "mqtt/meter.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// The meters at one moment. Plain data, copied between threads.
struct QueryView {
    std::string version;
    std::vector<Meter> meters; // a meter's number is its place, counted from 1
};

inline constexpr std::size_t max_query = 256;   // bytes of a command
inline constexpr std::size_t max_answer = 1400; // bytes; fits one datagram on an Ethernet

// Lines of text, each ended by LF, at most max_answer bytes; longer answers end in a line "... N bytes more".
// Errors are one line that begins with "error:". What is unknown, or older than the meter's stale time, is
// "null".
std::string answer(std::string_view command, const QueryView& view, Clock::time_point now);

} // namespace gridbridge
