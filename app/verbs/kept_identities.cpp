#include "app/verbs/kept_identities.hpp"

#include "app/config/portal_id.hpp"
#include "mqtt/settings/settings_store.hpp"

#include <exception>

namespace gridbridge {

KeptIdentities kept_identities(const Config& config, const Log& log) {
    KeptIdentities kept;
    try {
        const Settings settings = load_settings(config.state_dir, false, log);
        kept = {settings.portal_id(), settings.service_id()};
    } catch (const std::exception&) { // not ours to read
    }
    if (!config.portal_id.empty()) {
        kept.portal_id = config.portal_id;
    } else if (kept.portal_id.empty()) {
        kept.portal_id = derive_portal_id();
    }
    return kept;
}

} // namespace gridbridge
