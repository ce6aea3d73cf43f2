// The wall clock: shown, written down, or given to a meter that has a clock. No decision depends on it.
#pragma once

#include "drivers/waist/orders.hpp"

#include <cstdint>
#include <optional>

namespace gridbridge {

long long unix_seconds();
std::int64_t unix_milliseconds();
std::optional<std::int64_t> wall_clock_if_set(); // ms since 1970; nothing: nobody has set it yet
// What makes the wall clock of the steady one, ns; nothing: nobody has set it yet.
std::optional<std::int64_t> wall_minus_monotonic();
WallTime wall_time(); // with the zone of this machine

} // namespace gridbridge
