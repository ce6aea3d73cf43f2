#include "app/service/kept_identity.hpp"

#include "app/config/portal_id.hpp"

#include <random>

namespace gridbridge {
namespace {

std::string random_id() {
    std::random_device source;
    return std::to_string(source()) + "-" + std::to_string(source());
}

} // namespace

std::string take_identity(const Config& config, Settings& settings, StateFile& file, const Log& log) {
    const std::string reason = file.why_not_writable();
    if (!config.portal_id.empty()) {
        settings.set_portal_id(config.portal_id);
    } else if (settings.portal_id().empty()) {
        settings.set_portal_id(derive_portal_id());
    }
    if (settings.service_id().empty()) {
        settings.set_service_id(random_id());
    }
    if (!reason.empty()) {
        const std::string fix =
            config.portal_id.empty()
                ? "; the broker keeps the settings, but not the portal id: set state_dir or portal_id"
                : "; the broker keeps the settings";
        log(LogLevel::Warn, "state", reason + fix);
        file = StateFile({}); // said once, not at every save
    }
    return settings.portal_id();
}

} // namespace gridbridge
