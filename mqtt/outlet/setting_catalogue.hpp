// The settings of a meter below `settings/0/Settings/` (venus-mqtt: Settings catalogue 8.1).
#pragma once

#include "mqtt/outlet/setting_value.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace gridbridge {

// Who keeps the value and what a write does. Client: written values are kept. Identity: role and instance.
// PhaseUse: kept, and changes how the meter is read. Estimate: the bridge counts it. Meter: a fact, not
// writable.
enum class SettingKeeper : std::uint8_t { Client, Identity, PhaseUse, Estimate, Meter };

// Which devices have it: all; all but volume counters; Carlo Gavazzi meters but not their second service;
// those with estimated export; the second service `_S` only.
enum class SettingScope : std::uint8_t { Every, Electricity, CarloGavazzi, Estimating, Second };

struct DeviceSetting {
    std::string_view name; // last part of the path, behind `Devices/<device>/`
    SettingType type;
    SettingKeeper keeper;
    SettingScope scope;
    SettingRange range;
    bool silent; // changes all the time: not logged
    std::string_view meaning;
};

inline constexpr std::array<DeviceSetting, 9> device_settings{{
    {"ClassAndVrmInstance",
     SettingType::Text,
     SettingKeeper::Identity,
     SettingScope::Every,
     {},
     false,
     "role and device instance"},
    {"CustomName",
     SettingType::Text,
     SettingKeeper::Client,
     SettingScope::Every,
     {},
     false,
     "name for people"},
    {"Position",
     SettingType::Int,
     SettingKeeper::Client,
     SettingScope::Electricity,
     {0, 2},
     false,
     "inverters: 0 AC input 1, 1 AC output, 2 AC input 2"},
    {"IsMultiphase",
     SettingType::Int,
     SettingKeeper::PhaseUse,
     SettingScope::CarloGavazzi,
     {},
     false,
     "0: used as a single-phase meter"},
    {"SupportMultiphase",
     SettingType::Int,
     SettingKeeper::Meter,
     SettingScope::CarloGavazzi,
     {},
     false,
     "1: IsMultiphase is a choice"},
    {"L1ReverseEnergy",
     SettingType::Float,
     SettingKeeper::Estimate,
     SettingScope::Estimating,
     {0, 1e6},
     true,
     "estimated export of phase 1, kWh"},
    {"L2ReverseEnergy",
     SettingType::Float,
     SettingKeeper::Estimate,
     SettingScope::Estimating,
     {0, 1e6},
     true,
     "estimated export of phase 2, kWh"},
    {"L3ReverseEnergy",
     SettingType::Float,
     SettingKeeper::Estimate,
     SettingScope::Estimating,
     {0, 1e6},
     true,
     "estimated export of phase 3, kWh"},
    {"Enabled",
     SettingType::Int,
     SettingKeeper::PhaseUse,
     SettingScope::Second,
     {},
     false,
     "1: L2 is a service of its own"},
}};

// The one setting that belongs to no device: serial numbers ever seen on RS485, separated by commas.
inline constexpr std::string_view device_ids_path = "CGwacs/DeviceIds";

// The second service of a three-phase meter carries its serial number with this behind it.
inline constexpr std::string_view second_suffix = "_S";

} // namespace gridbridge
