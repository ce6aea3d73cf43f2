// Meters that know no phases, shown to those who look at phases only. Pure.
#pragma once

#include "drivers/waist/reading.hpp"

namespace gridbridge {

// Whether a phase has a power of its own.
bool has_phase_power(const Reading& reading);
// The reading with its totals of power, current and voltage as those of L1, where that has none.
Reading totals_on_l1(Reading reading);

} // namespace gridbridge
