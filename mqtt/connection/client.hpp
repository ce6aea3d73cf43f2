// What the publisher needs of an MQTT client, and how a client reports back.
#pragma once

#include "drivers/waist/guarded.hpp"
#include "mqtt/connection/send_window.hpp"
#include "mqtt/outlet/message.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace gridbridge {

struct ClientEvent {
    enum class Kind : unsigned char { Connected, Failed, Lost, Denied, Received, Delivered, Echo, TooLarge };
    // Bytes of a payload. What the broker had kept may be a settings file.
    static constexpr std::size_t max_payload = std::size_t{64} * 1024;
    static constexpr std::size_t max_kept_payload = std::size_t{1024} * 1024;
    Kind kind = Kind::Received;
    std::string
        text; // reason of Failed and Lost, for people; Denied: a subscription or a message was refused
    // Received; `retain` set when the broker replayed it. Delivered: its topic and tag, QoS 1 only. Denied:
    // its topic too, none for a subscription. TooLarge: its topic; it was not taken.
    Message message;
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
    struct State {
        std::deque<ClientEvent> events;
        unsigned long long dropped = 0;
    };

    std::function<void()> wake_;
    Guarded<State> state_;
};

// What became of a message handed to a client. Later: not connected, or its queue is full. Refused: no broker
// would take it (its topic is no UTF-8); it must not be sent again.
enum class Sent : unsigned char { Taken, Later, Refused };

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
    virtual Sent publish(const Message& message) = 0;
    // Messages taken and not yet written to the socket.
    virtual std::size_t queued() const = 0;
    // What is under way on this connection.
    virtual Backlog backlog() const { return {}; }
    // Asks the broker for an answer that comes after everything published before; the inbox gets Echo. False:
    // this client cannot.
    virtual bool ask_echo() { return false; }
    // Messages on these filters too, as long as it is connected: under way ahead of anything published
    // afterwards.
    virtual void subscribe(const std::vector<std::string>& /*filters*/) {}
    // No messages on these filters any more.
    virtual void unsubscribe(const std::vector<std::string>& /*filters*/) {}
    // Ends the connection at once, without its last words; what waits is dropped. The inbox gets Lost.
    virtual void abort() {}
    // Sends what is queued, then leaves in order (no last will). A limit of 0: does so without being waited
    // for.
    virtual void disconnect(std::chrono::milliseconds limit) = 0;
};

} // namespace gridbridge
