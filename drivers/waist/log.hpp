// How the program speaks to people.
#pragma once

#include "drivers/text/choice.hpp"

#include <functional>
#include <string_view>

namespace gridbridge {

enum class LogLevel : unsigned char { Trace, Debug, Info, Warn, Error };
inline constexpr Names<LogLevel, 5> log_level_names{{{"trace", LogLevel::Trace},
                                                     {"debug", LogLevel::Debug},
                                                     {"info", LogLevel::Info},
                                                     {"warn", LogLevel::Warn},
                                                     {"error", LogLevel::Error}}};

// Writes one log line; may be called from any thread. `component` is the meter or connection it is about.
using Log = std::function<void(LogLevel level, std::string_view component, std::string_view message)>;

} // namespace gridbridge
