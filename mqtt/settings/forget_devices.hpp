// Meters that are gone for good leave the settings. Pure.
#pragma once

#include "mqtt/settings/settings.hpp"

#include <string>
#include <vector>

namespace gridbridge {

// The devices with a serial number, their second services included.
std::vector<std::string> devices_with_serial(const Settings& settings, const std::string& serial);
// Erases them: their numbers are free, and the list of serial numbers seen on RS485 has this one no more.
void forget_devices(Settings& settings, const std::string& serial);

} // namespace gridbridge
