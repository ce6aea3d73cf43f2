// The service and its meters at one moment: what everybody is shown who asks how it is.
#pragma once

#include "mqtt/outlet/finding.hpp"
#include "mqtt/outlet/meter.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
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

// A store or another broker that gets points.
struct SinkHealth {
    std::string name;
    std::string kind;               // "influx", "mqtt"
    bool connected = false;         // the newest attempt has succeeded
    std::uint64_t queued = 0;       // points it does not have yet
    std::uint64_t queued_bytes = 0; // what the queue takes
    std::uint64_t sent = 0;         // points it has, since the start
    std::uint64_t dropped = 0;      // points it will never get: the queue was full, or they have no time
    std::uint64_t untimed = 0;      // of these: made before the clock of a machine was set that started again
    std::uint64_t refused = 0;      // points it did not want
    std::string problem = {};       // what keeps points from it, in plain words with the fix; empty: nothing
    std::string disk_problem = {};  // the same of its queue
    std::string remark = {};        // what somebody should know
    std::string certificate_remark = {}; // its own certificate ends soon
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
    std::vector<SinkHealth> sinks = {};
    std::string load_test = {}; // newest progress of a load test, as published; empty: none
};

} // namespace gridbridge
