// Home Assistant discovery messages of one device. Pure.
#pragma once

#include "drivers/waist/quantity.hpp"
#include "mqtt/outlet/meter.hpp"

#include <bitset>
#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace gridbridge {

struct HomeAssistantOptions {
    std::string portal_id;
    std::string version;                  // of this program
    std::string prefix = "homeassistant"; // discovery prefix
    bool per_component = false;           // one message per entity, for releases before 2024.11
    std::chrono::seconds interval{5};     // of the states of a meter; 0: every reading
};

using Entities = std::bitset<quantity_count>; // quantities that have had a value

// Topic and payload; every message is to be retained.
using Discovery = std::map<std::string, std::string>;

// The meter's device with all entities that have had a value, settings and diagnostics included.
Discovery meter_discovery(const HomeAssistantOptions& options, const Meter& meter, const Entities& entities);
// Every topic an announcement of the meter may have had.
std::vector<std::string> meter_discovery_topics(const HomeAssistantOptions& options,
                                                const std::string& serial);
// Filters for every announcement of the bridge `portal_id` and of these meters, in either form.
std::vector<std::string> discovery_filters(const std::string& prefix, const std::vector<std::string>& serials,
                                           const std::string& portal_id);
// The bridge itself, which the meters hang on.
Discovery bridge_discovery(const HomeAssistantOptions& options);

} // namespace gridbridge
