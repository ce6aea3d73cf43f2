#include "app/verbs/portal_of.hpp"

#include "app/config/portal_id.hpp"
#include "mqtt/settings/settings_store.hpp"

#include <exception>

namespace gridbridge {

std::string portal_of(const Config& config, const Log& log) {
    if (!config.portal_id.empty()) {
        return config.portal_id;
    }
    try {
        const std::string kept = load_settings(config.state_dir, false, log).portal_id();
        return kept.empty() ? derive_portal_id() : kept;
    } catch (const std::exception&) { // not ours to read
        return derive_portal_id();
    }
}

} // namespace gridbridge
