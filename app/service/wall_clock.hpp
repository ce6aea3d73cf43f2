// The wall clock: shown, written down, given to a meter that has a clock, or a bound
// of quarters of an hour. No other decision depends on it.
#pragma once

#include "drivers/demand/interval_clock.hpp"
#include "drivers/waist/orders.hpp"

#include <cstdint>
#include <optional>

namespace gridbridge {

long long unix_seconds();
std::int64_t unix_milliseconds();
std::optional<std::int64_t> wall_clock_if_set(); // ms since 1970; nothing: nobody has set it yet
// What makes the wall clock of the steady one, ns; nothing: nobody has set it yet.
std::optional<std::int64_t> wall_minus_monotonic();
std::optional<LocalMoment> local_moment_if_set();
WallTime wall_time(); // with the zone of this machine

} // namespace gridbridge
