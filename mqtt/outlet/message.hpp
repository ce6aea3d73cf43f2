// One MQTT message to send or received.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

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
    bool in_order = false;   // tells something of the messages before it: a newer one never takes its place
    bool takes_back = false; // is not sent: what still waits on its topic must not be, either
    bool operator==(const Message&) const = default;
};

// What was said on `topic` is no longer true, and there is no message that says so.
inline Message taken_back(std::string topic, std::size_t link) {
    Message message{std::move(topic), {}, false, link};
    message.takes_back = true;
    return message;
}

} // namespace gridbridge
