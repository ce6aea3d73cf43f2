// What Home Assistant's MQTT integration takes: keys by platform, units by device class. Source: its
// documentation.
#pragma once

#include <map>
#include <set>
#include <string>

namespace gridbridge::discovery {

using Names = std::set<std::string>;

// Units the sensor integration takes for a device class; "" is no unit. Classes that came after 2024.11, as
// reactive_energy (2025.6), make releases before them refuse the entity.
inline const std::map<std::string, Names> class_units{{"power", {"mW", "W", "kW", "MW"}},
                                                      {"voltage", {"µV", "mV", "V", "kV"}},
                                                      {"current", {"mA", "A"}},
                                                      {"frequency", {"Hz", "kHz", "MHz", "GHz"}},
                                                      {"power_factor", {"", "%"}},
                                                      {"temperature", {"°C", "°F", "K"}},
                                                      {"apparent_power", {"mVA", "VA", "kVA"}},
                                                      {"reactive_power", {"var", "kvar"}},
                                                      {"energy", {"Wh", "kWh", "MWh", "J", "kJ", "MJ", "GJ"}},
                                                      {"gas", {"m³", "ft³", "CCF", "L"}},
                                                      {"water", {"m³", "ft³", "CCF", "L", "gal"}},
                                                      {"volume", {"m³", "L", "mL", "ft³", "gal"}},
                                                      {"duration", {"d", "h", "min", "s", "ms"}},
                                                      {"timestamp", {""}},
                                                      {"enum", {""}}};
inline const Names measured_classes{"power",        "voltage",        "current",        "frequency",
                                    "power_factor", "apparent_power", "reactive_power", "duration"};
inline const Names counted_classes{"energy", "gas", "water", "volume"};
inline const Names binary_classes{"connectivity", "problem", "power", "opening", "plug", "running"};

inline const Names device_payload_keys{"device",
                                       "components",
                                       "origin",
                                       "state_topic",
                                       "command_topic",
                                       "qos",
                                       "encoding",
                                       "availability",
                                       "availability_topic",
                                       "availability_mode",
                                       "payload_available",
                                       "payload_not_available"};
inline const Names device_keys{"identifiers",    "connections",   "name",
                               "manufacturer",   "model",         "model_id",
                               "sw_version",     "hw_version",    "configuration_url",
                               "suggested_area", "serial_number", "via_device"};
inline const Names origin_keys{"name", "sw_version", "support_url"};
inline const Names common_keys{"platform",
                               "unique_id",
                               "default_entity_id",
                               "name",
                               "icon",
                               "entity_category",
                               "enabled_by_default",
                               "json_attributes_topic",
                               "json_attributes_template",
                               "availability",
                               "availability_topic",
                               "availability_mode",
                               "payload_available",
                               "payload_not_available",
                               "qos",
                               "encoding",
                               "device",
                               "origin"};
struct Platform {
    Names required, optional;
};
inline const std::map<std::string, Platform> platforms{
    {"sensor",
     {{"state_topic"},
      {"value_template", "device_class", "state_class", "unit_of_measurement", "suggested_display_precision",
       "expire_after", "force_update", "options", "last_reset_value_template"}}},
    {"binary_sensor",
     {{"state_topic"},
      {"value_template", "device_class", "payload_on", "payload_off", "off_delay", "expire_after",
       "force_update"}}},
    {"select",
     {{"command_topic", "options"}, {"state_topic", "value_template", "command_template", "retain"}}},
    {"text",
     {{"command_topic"},
      {"state_topic", "value_template", "command_template", "min", "max", "pattern", "mode", "retain"}}},
};

} // namespace gridbridge::discovery
