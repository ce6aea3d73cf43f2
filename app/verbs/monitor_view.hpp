// What `gridbridge monitor` shows of the meters. Pure.
#pragma once

#include "mqtt/outlet/meter.hpp"

#include <span>
#include <string>
#include <string_view>

namespace gridbridge {

// A table with a head line; "-": unknown. Width of every column fits its content.
std::string monitor_table(std::span<const Meter> meters, Clock::time_point now);
// The beginning of a line that fits into `width` columns of a terminal (UTF-8, every character one column).
std::string_view clipped(std::string_view line, std::size_t width);
// The same of one meter as `name=value` words.
std::string monitor_line(const Meter& meter, Clock::time_point now);
// One object: {"meter":{...},"state":"live",...,"venus":{path: value, ...}}, without line end.
std::string monitor_json(const Meter& meter, Clock::time_point now);

} // namespace gridbridge
