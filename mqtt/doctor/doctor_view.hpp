// What the doctor is shown of the service when it looks.
#pragma once

#include "mqtt/status/snapshot.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

struct DoctorView {
    BrokerHealth broker;
    std::vector<std::string> problems;       // of the service itself, in plain words
    std::vector<std::string> leftovers;      // on the broker
    std::optional<std::int64_t> unix_ms;     // the wall clock; nothing: not set
    std::vector<std::string> denied = {};    // by the broker's access rules
    std::vector<std::string> not_saved = {}; // files
    std::vector<std::string> sinks_away = {};
    std::vector<std::string> certificates = {}; // of this gateway, that end soon
    std::string other_service = {};             // under our portal id; empty: none
    std::chrono::seconds keepalive{30};
};

} // namespace gridbridge
