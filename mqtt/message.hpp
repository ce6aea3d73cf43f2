// One MQTT message to send or received.
#pragma once

#include <string>

namespace gridbridge {

// Sent with QoS 0: measurements are state, the next one repairs a lost one. An empty payload says "this topic
// is gone".
struct Message {
    std::string topic;
    std::string payload;
    bool retain = false;
    bool operator==(const Message&) const = default;
};

} // namespace gridbridge
