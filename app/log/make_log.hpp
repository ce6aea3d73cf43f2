// Log lines on standard error: `level component message`.
#pragma once

#include "drivers/waist/log.hpp"

#include <optional>
#include <string_view>

namespace gridbridge {

std::optional<LogLevel> parse_log_level(std::string_view name);

// Text lines carry a time, colour on a terminal, and a `<priority>` under journald; JSON lines are one object
// each.
Log make_log(LogLevel level, bool json);
// Of the log made last; any thread.
void set_log_level(LogLevel level);

} // namespace gridbridge
