// What a decoder counts as counters of its meter.
#pragma once

#include "drivers/stream/obis/telegram.hpp"
#include "drivers/waist/reading.hpp"

namespace gridbridge {

// Rejected telegrams by reason, and bytes that belong to none; `counters.unidentified` is one of the reasons.
void take_counts(const StreamCounters& stream, MeterCounters& counters);

} // namespace gridbridge
