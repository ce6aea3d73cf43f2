// Checks of meters that are formed of others. Pure.
#pragma once

#include "app/config/config.hpp"

namespace gridbridge {

// That each member is one meter of the configuration, or may be a serial number, and none is formed of
// itself.
void check_members(const Config& config, Findings& findings);

} // namespace gridbridge
