// Who the service of a configuration is, for commands that are not it.
#pragma once

#include "app/config/config.hpp"
#include "drivers/waist/log.hpp"

#include <string>

namespace gridbridge {

struct KeptIdentities {
    std::string portal_id;
    std::string service_id; // empty: not known
};

// As the service would have it; changes nothing on disk.
KeptIdentities kept_identities(const Config& config, const Log& log);

} // namespace gridbridge
