// Who the service is, as far as it is kept: portal id and service id.
#pragma once

#include "app/config/config.hpp"
#include "drivers/waist/log.hpp"
#include "mqtt/files/state_file.hpp"
#include "mqtt/settings/settings.hpp"

#include <string>

namespace gridbridge {

// Makes what the settings lack, and returns the portal id. A state directory that cannot be written is said
// once; `file` keeps nothing then.
std::string take_identity(const Config& config, Settings& settings, StateFile& file, const Log& log);

} // namespace gridbridge
