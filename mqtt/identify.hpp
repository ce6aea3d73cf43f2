// Which role, instance and name a meter has, from its configuration and what clients wrote. Pure.
#pragma once

#include "mqtt/meter.hpp"
#include "mqtt/settings.hpp"

namespace gridbridge {

// Fills identity, role and instance of a meter from its configuration and what it said of itself.
// What a client wrote earlier wins over the configuration.
void identify(Meter& meter, const MeterInfo& info, Settings& settings);

} // namespace gridbridge
