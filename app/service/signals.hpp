// Signals as values the main thread waits for.
#pragma once

#include "drivers/waist/clock.hpp"

#include <optional>

namespace gridbridge {

enum class Signal : unsigned char { Terminate, Reload, TimeUp };

// Before any thread starts: SIGTERM, SIGINT and SIGHUP are only taken by wait_for_signal(); SIGPIPE is
// ignored (a closed peer is an error code, not the end of the process).
void block_signals();
// Main thread only.
Signal wait_for_signal(std::optional<Clock::time_point> limit);
void raise_terminate(); // any thread
void raise_reload();    // any thread

} // namespace gridbridge
