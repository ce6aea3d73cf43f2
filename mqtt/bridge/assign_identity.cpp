#include "mqtt/bridge/assign_identity.hpp"

#include "mqtt/outlet/roles.hpp"
#include "mqtt/settings/settings_tree.hpp"

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
    return std::string(driver_row(meter.config.driver).default_role);
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

// The number it asks for, when none is kept.
std::optional<int> wanted_instance(const Meter& meter, const Settings& settings,
                                   const std::optional<ClassInstance>& promised) {
    if (promised && promised->service_class == meter.role) {
        return promised->instance;
    }
    const bool was_offered = is_second_service(meter.device_id) && !meter.config.instance;
    return was_offered ? std::optional(settings.offered_instance(meter.device_id, meter.role))
                       : meter.config.instance;
}

} // namespace

void assign_identity(Meter& meter, const MeterInfo& info, Settings& settings,
                     const std::optional<ClassInstance>& promised) {
    meter.info = info;
    ++meter.info_version;
    meter.device_id = info.kind + "_" + info.serial;
    Settings::Device& device = settings.device(meter.device_id);
    device.initial = {{"CustomName", meter.config.name}, {"Position", meter.config.position.value_or(0)}};
    device.supports_multiphase = info.supports_multiphase;
    device.single_phase = info.phases == 1;
    device.estimates_export = info.estimate_reverse_per_phase;
    meter.role = role_of(meter, settings);
    const auto wanted = wanted_instance(meter, settings, promised);
    settings.set_class(meter.device_id, meter.role, false);
    meter.instance = settings.instance_for(meter.device_id, meter.role, wanted);
    if (const std::string place = place_of(meter.config); meter.source.channel == 0 && !place.empty()) {
        settings.set_place(meter.device_id, place);
    }
    meter.name = value_or<std::string>(settings.value(meter.device_id, "CustomName"), {});
    meter.position = value_or<int>(settings.value(meter.device_id, "Position"), 0);
    meter.refresh_time = refresh_time(meter);
}

std::string instance_advice(const Meter& meter, const Settings& settings) {
    const int wanted = meter.config.instance.value_or(meter.instance);
    if (meter.device_id.empty() || meter.instance == wanted) {
        return {};
    }
    const ClassInstance number{meter.role, wanted};
    const std::string text = "instance = " + std::to_string(wanted) + " is not used, it is " + meter.role +
                             "/" + std::to_string(meter.instance) + ": ";
    if (const std::string holder = settings.holder_of(number.service_class, number.instance);
        !holder.empty()) {
        return text + serial_of(holder) + " has that number: choose another, or forget " + serial_of(holder) +
               " if it is gone for good";
    }
    if (settings.is_promised(number.service_class, number.instance)) {
        return text + "another meter of the configuration has that number: choose another";
    }
    return text + "it keeps the number of an earlier run or of a client: write \"" + number.text() +
           "\" to its setting ClassAndVrmInstance, or take instance out of the configuration";
}

} // namespace gridbridge
