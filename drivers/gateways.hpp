// Which meters share a connection, however their gateway is spelled. Pure: looking up names is an argument.
#pragma once

#include "drivers/meter/meter_config.hpp"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace gridbridge {

// Numeric addresses of a host; none: not known now.
using LookUpHost = std::function<std::vector<std::string>(const std::string& host)>;

// A key for each meter, the same for those that share a connection: as connection_key(), and where two names
// of hosts on one port have an address in common. Nothing is looked up where that cannot be.
std::vector<std::string> shared_connections(std::span<const MeterConfig> meters, const LookUpHost& look_up);

} // namespace gridbridge
