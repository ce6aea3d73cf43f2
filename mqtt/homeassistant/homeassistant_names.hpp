// Ids, names and templates of Home Assistant entities. Pure.
#pragma once

#include "drivers/waist/reading.hpp"
#include "mqtt/homeassistant/homeassistant_table.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// "gridbridge_<serial>" in the characters Home Assistant allows. Different serial numbers give different ids.
std::string discovery_id(std::string_view serial);
// Of the spelling of the serial number under which it may be known already: Home Assistant keeps its history.
std::string discovery_id(const MeterInfo& info);
// The serial number, and how an earlier version may have spelled it.
std::vector<std::string> spellings_of(const std::string& serial);
// The bridge as a device of its own.
std::string bridge_discovery_id(const std::string& portal_id);
// "sensor.gridbridge_bx01_power": lower case, no dashes, as Home Assistant writes entity ids.
std::string default_entity_id(std::string_view platform, std::string_view unique_id);

// The row's name as it is for the role: "Energy import" of a solar inverter is "Energy produced".
std::string entity_name(const EntityRow& row, std::string_view role);
// `{{ value_json.power | default(none) }}`: None for null and without the member. An empty text would be
// ignored.
std::string value_template(std::string_view member);
// `{{ {1: 'T1', 2: 'T2'}.get(value_json.active_tariff ...) }}`: None too for values without a name.
std::string choice_template(const EntityRow& row);
// Of the list of findings: 1 while one of this meter wants action, 0 while none does, None without a list.
// `meter` empty: of the service itself.
std::string finding_template(const std::string& meter);
// Of that list: the findings of this meter as one object, `{"findings": [...]}`.
std::string finding_attributes_template(const std::string& meter);
// Device class of a volume: "gas" or "water" when the product says so, else "volume".
std::string_view volume_class(std::string_view product_name);
// Home Assistant refuses entities whose name begins with their device's.
bool repeats_name(std::string_view entity_name, std::string_view device_name);

} // namespace gridbridge
