// One MQTT message to send or received.
#pragma once

#include <cstddef>
#include <string>

namespace gridbridge {

// Sent with QoS 0: measurements are state, the next one repairs a lost one. An empty payload says "this topic
// is gone".
struct Message {
    std::string topic;
    std::string payload;
    bool retain = false;
    std::size_t link = 0; // the connection it goes to or came from; 0: the main one
    bool operator==(const Message&) const = default;
};

} // namespace gridbridge
