// Answers text commands about the meters. Pure: command, snapshot and time in, text out.
#pragma once

#include "mqtt/status/snapshot.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace gridbridge {

inline constexpr std::size_t max_query = 256;   // bytes of a command
inline constexpr std::size_t max_answer = 1400; // bytes; fits one datagram on an Ethernet

// Lines of text, each ended by LF, at most max_answer bytes; longer answers end in a line "... N bytes more".
// Errors are one line that begins with "error:". What is unknown, or older than the meter's stale time, is
// "null".
std::string answer(std::string_view command, const Snapshot& view, Clock::time_point now);

} // namespace gridbridge
