// The service and its meters at one moment: what everybody is shown who asks how it is.
#pragma once

#include "mqtt/outlet/finding.hpp"
#include "mqtt/outlet/meter.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace gridbridge {

struct BrokerHealth {
    bool connected = false;
    std::string server;
    unsigned long long reconnects = 0;
    unsigned long long dropped = 0;   // messages the client did not take
    std::size_t queued = 0;           // messages taken and not yet sent
    std::string last_error = {};      // why it is not connected, in plain words
    std::chrono::milliseconds lag{0}; // how long it has owed an answer, or data has waited for it
};

// Connected, and nothing gets through: an answer is late by more than any network takes.
constexpr bool is_frozen(const BrokerHealth& broker) {
    return broker.connected && broker.lag > std::chrono::seconds(2);
}

// A connection beside that to the broker: a GX, Home Assistant.
struct ConnectionHealth {
    std::string name;
    bool connected = false;
    std::string text; // for people
};

// Plain data, copied between threads.
struct Snapshot {
    std::string version;
    std::string commit;
    Clock::time_point started{};
    BrokerHealth broker;
    std::vector<Meter> meters;              // a meter's number is its place, counted from 1
    std::vector<std::string> problems = {}; // of the service itself, in plain words: outlets, files
    std::vector<std::string> remarks = {};  // what somebody should know, though all is well
    std::vector<ConnectionHealth> connections = {};
    std::vector<Finding> findings = {}; // of the doctor, the worst first
    WallMark wall = {};                 // for their `since`
    std::string load_test = {};         // newest progress of a load test, as published; empty: none
};

} // namespace gridbridge
