// Whether Home Assistant would take what was published: its rules for MQTT discovery, written down apart from
// the product.
#pragma once

#include <string>
#include <vector>

namespace gridbridge {

struct SeenMessage {
    std::string topic;
    std::string payload;
    bool retained = true; // as published; true when it cannot be seen
};

struct DiscoveryRules {
    std::string prefix = "homeassistant";
    bool per_component = false; // a release before 2024.11
};

// All messages of one run, in order. One text per violation: payloads, availability said too late, topics
// that are named and never published.
std::vector<std::string> discovery_problems(const std::vector<SeenMessage>& messages,
                                            const DiscoveryRules& rules = {});

// State and availability topics the newest discovery messages name.
std::vector<std::string> named_topics(const std::vector<SeenMessage>& messages,
                                      const DiscoveryRules& rules = {});

} // namespace gridbridge
