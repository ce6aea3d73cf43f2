// Values of one reading that cannot be true together: for lines on which a value may be somebody else's.
#pragma once

#include "drivers/waist/reading.hpp"

namespace gridbridge {

// Takes out, and returns how many:
// - power of a phase above its voltage times current by more than a tenth and 30 W, with its current;
// - apparent power of a phase that differs from that by more than a tenth and 50 VA;
// - total and phases of power or reactive power whose sum differs by more than a tenth of what flows and 50
// W;
// - the mean of the voltages when it is not among them.
// Never replaces a value. Pure.
unsigned drop_contradictions(Reading& reading);

} // namespace gridbridge
