// What the publisher needs of an MQTT client, and how a client reports back.
#pragma once

#include "mqtt/message.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace gridbridge {

struct ClientEvent {
    enum class Kind : unsigned char { Connected, Failed, Lost, Denied, Received, Delivered };
    Kind kind = Kind::Received;
    std::string text; // reason of Failed and Lost, for people; Denied: a subscription was refused
    Message message;  // Received; `retain` set when the broker replayed it. Delivered: its topic, QoS 1 only
};

// Events from the client's threads to the publisher. Bounded: when full, the oldest received message is
// dropped and counted; link events are never dropped.
class ClientInbox {
  public:
    explicit ClientInbox(std::function<void()> wake) : wake_(std::move(wake)) {}

    void push(ClientEvent event);    // any thread
    std::deque<ClientEvent> drain(); // publisher thread
    unsigned long long dropped() const;

  private:
    static constexpr std::size_t most_events = 1000;
    std::function<void()> wake_;
    mutable std::mutex mutex_;
    std::deque<ClientEvent> events_; // guarded by mutex_
    unsigned long long dropped_ = 0; // guarded by mutex_
};

// Called from the publisher thread only. Nothing here waits, except disconnect() up to its limit.
class MqttClient {
  public:
    MqttClient() = default;
    MqttClient(const MqttClient&) = delete;
    MqttClient& operator=(const MqttClient&) = delete;
    virtual ~MqttClient() = default;

    // Starts an attempt on server number `server` of its configuration; the inbox gets Connected or Failed.
    // On Connected the subscriptions to `filters` are already under way, ahead of anything published
    // afterwards.
    virtual void connect(std::size_t server, const std::vector<std::string>& filters) = 0;
    // False when the message was not taken: not connected, or the queue is full.
    virtual bool publish(const Message& message) = 0;
    // Messages taken and not yet written to the socket.
    virtual std::size_t queued() const = 0;
    // Sends what is queued, then leaves in order (no last will).
    virtual void disconnect(std::chrono::milliseconds limit) = 0;
};

} // namespace gridbridge
