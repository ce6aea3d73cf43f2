// Values every driver's snapshot gets before it leaves: the sign of currents, totals and phases from each
// other.
#pragma once

#include "drivers/waist/reading.hpp"

namespace gridbridge {

// Completes one snapshot from itself; never from an earlier one. Idempotent. In this order:
// 1. a current takes the sign of the power of its phase (meters report the magnitude, or sign it already);
// 2. total power from the phases, when no total is given;
// 3. total current as the sum of the signed phase currents;
// 4. total energies from the tariffs, when no total is given.
void derive(Reading& reading);

// A meter that reports no phase at all: phase 1 gets the total power (consumers steer by phases only). Not
// for a meter that has phase registers whose values are unknown at the moment. Call before derive().
void total_as_phase_one(Reading& reading);

} // namespace gridbridge
