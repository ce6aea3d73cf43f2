// Counters of a meter formed of others, between their rules and the settings that keep them. Pure.
#pragma once

#include "drivers/combine/carried_counters.hpp"
#include "mqtt/settings/settings.hpp"

namespace gridbridge {

// `is_final`: the run that kept it told nothing after it.
CarriedCounters::Kept counters_from(const Settings::Carried& carried, bool is_final);
Settings::Carried settings_form(const CarriedCounters::Kept& kept);

} // namespace gridbridge
