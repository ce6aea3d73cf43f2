// Which role, instance and name a meter has, from its configuration and what clients wrote. Pure.
#pragma once

#include "mqtt/outlet/meter.hpp"
#include "mqtt/outlet/setting_value.hpp"
#include "mqtt/settings/settings.hpp"

#include <optional>
#include <string>

namespace gridbridge {

// Fills identity, role and instance of a meter from its configuration and what it said of itself.
// What a client wrote earlier wins over the configuration. `promised`: the number it has unless one is kept
// or its role is another.
void assign_identity(Meter& meter, const MeterInfo& info, Settings& settings,
                     const std::optional<ClassInstance>& promised = {});

// Why it has not the instance of its configuration and what to do, for people; empty: it has.
std::string instance_advice(const Meter& meter, const Settings& settings);

} // namespace gridbridge
