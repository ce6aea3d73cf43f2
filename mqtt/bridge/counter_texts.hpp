// What the log says of energy counters.
#pragma once

#include "drivers/values/counter_guard.hpp"

#include <string>
#include <vector>

namespace gridbridge {

// Why counters are null, and what helps. `held` is not empty.
std::string held_text(const std::vector<CounterGuard::Exchange>& held, double bound_watts);
std::string exchange_text(const CounterGuard::Exchange& exchange);

} // namespace gridbridge
