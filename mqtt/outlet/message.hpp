// One MQTT message to send or received.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace gridbridge {

// An empty payload says "this topic is gone".
struct Message {
    std::string topic;
    std::string payload;
    bool retain = false;
    std::size_t link = 0; // the connection it goes to or came from; 0: the main one
    int qos = 0;          // 0: measurements are state, the next one repairs a lost one; 1: must not get lost
    std::string response_topic = {}; // MQTT 5, received: where an answer is wanted
    std::string correlation = {};    // MQTT 5, comes with a request and goes back with the answer
    std::uintptr_t tag = 0;          // of QoS 1, for who sends it: comes back with the acknowledgement
    bool in_order = false; // tells something of the messages before it: a newer one never takes its place
    bool operator==(const Message&) const = default;
};

} // namespace gridbridge
