// The portal id under which the service of a configuration publishes.
#pragma once

#include "app/config/config.hpp"
#include "drivers/waist/log.hpp"

#include <string>

namespace gridbridge {

// Configured, kept in the state directory, or derived from this machine, in this order.
std::string portal_of(const Config& config, const Log& log);

} // namespace gridbridge
