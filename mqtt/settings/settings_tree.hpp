// The persistent settings as a client sees them: paths below `settings/0/Settings/` and their payloads. Pure.
#pragma once

#include "drivers/waist/orders.hpp"
#include "mqtt/outlet/setting_catalogue.hpp"
#include "mqtt/settings/settings.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridbridge {

// Path below `Settings/` ("Devices/cgwacs_X/CustomName") and payload of every setting of the device; none
// when only numbers of it are known.
std::vector<std::pair<std::string, std::string>> settings_of(const Settings& settings,
                                                             const std::string& device_id);

struct SettingAddress {
    std::string device_id;
    const DeviceSetting* row = nullptr;
};
// Nothing for a path that is no setting of a device.
std::optional<SettingAddress> find_setting(const Settings& settings, std::string_view path);

SettingValue setting_value(const Settings& settings, const std::string& device_id, const DeviceSetting& row);

// Of a Carlo Gavazzi meter, from IsMultiphase and the second service's Enabled; nothing: nobody chose.
std::optional<PhaseMode> phase_mode_of(const Settings& settings, const std::string& device_id);

std::string second_service_of(const std::string& device_id); // "cgwacs_X_S"
std::string main_service_of(const std::string& device_id);   // "cgwacs_X" of "cgwacs_X_S"
std::string serial_of(const std::string& device_id);         // "X" of "cgwacs_X"

} // namespace gridbridge
