// JSON objects of the one-shot verbs, one per line.
#pragma once

#include "drivers/stream/obis/telegram.hpp"
#include "mqtt/outlet/meter.hpp"
#include "mqtt/venus/venus.hpp"

#include <string>

namespace gridbridge {

std::string venus_json(const VenusValues& values);   // {"Ac/Power":-320.0,...}
std::string identity_json(const Meter& meter);       // {"serial":"...",...}
std::string telegram_json(const Telegram& telegram); // {"1-0:1.8.1":{"value":51.775,"unit":"kWh"},...}

} // namespace gridbridge
