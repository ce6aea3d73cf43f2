// The bridge's own topics, which several outlets name. Pure.
#pragma once

#include <string>

namespace gridbridge {

// A device id or serial number as a topic level: D-Bus paths and MQTT topics have no room for some
// characters.
std::string topic_level(std::string text);

std::string forget_topic(const std::string& portal_id); // answers; requests on `.../set` below it
std::string status_topic(const std::string& portal_id); // last will
std::string findings_topic(const std::string& portal_id);
std::string incidents_topic(const std::string& portal_id);
std::string load_test_topic(const std::string& portal_id); // progress; requests on `.../set` below it
// `.../status` and `.../health` of one meter are below it.
std::string meter_topic(const std::string& portal_id, const std::string& serial);

} // namespace gridbridge
