#include "mqtt/identify.hpp"

#include "mqtt/roles.hpp"
#include "mqtt/settings_tree.hpp"

#include <optional>
#include <string>
#include <variant>

namespace gridbridge {
namespace {

std::string initial_role(const Meter& meter) {
    if (meter.info.role_is_fixed) {
        return meter.info.default_role;
    }
    if (!meter.config.role.empty()) {
        return meter.config.role;
    }
    if (!meter.info.default_role.empty()) {
        return meter.info.default_role;
    }
    return meter.config.driver == DriverKind::SunSpec ? "pvinverter" : "grid";
}

std::string role_of(const Meter& meter, const Settings& settings) {
    const Settings::Device* const known = settings.find(meter.device_id);
    const bool written =
        known != nullptr && known->role_is_written && is_allowed(allowed_roles(meter), known->service_class);
    return written ? known->service_class : initial_role(meter);
}

template <typename T>
T value_or(const std::optional<SettingValue>& value, T otherwise) {
    const T* const content = value ? std::get_if<T>(&*value) : nullptr;
    return content == nullptr ? otherwise : *content;
}

} // namespace

void identify(Meter& meter, const MeterInfo& info, Settings& settings) {
    meter.info = info;
    ++meter.info_version;
    meter.device_id = info.kind + "_" + info.serial;
    Settings::Device& device = settings.device(meter.device_id);
    device.initial = {{"CustomName", meter.config.name}, {"Position", meter.config.position.value_or(0)}};
    device.supports_multiphase = info.supports_multiphase;
    device.single_phase = info.phases == 1;
    device.estimates_export = info.estimate_reverse_per_phase;
    meter.role = role_of(meter, settings);
    const bool was_offered = is_second_service(meter.device_id) && !meter.config.instance;
    const auto wanted = was_offered ? std::optional(settings.offered_instance(meter.device_id, meter.role))
                                    : meter.config.instance;
    settings.set_class(meter.device_id, meter.role, false);
    meter.instance = settings.instance_for(meter.device_id, meter.role, wanted);
    meter.name = value_or<std::string>(settings.value(meter.device_id, "CustomName"), {});
    meter.position = value_or<int>(settings.value(meter.device_id, "Position"), 0);
    meter.refresh_time = refresh_time(meter);
}

} // namespace gridbridge
