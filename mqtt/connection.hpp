// One broker of the publisher: the link to it, what goes out, and its failures in words.
#pragma once

#include "drivers/driver.hpp"
#include "mqtt/client.hpp"
#include "mqtt/link.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace gridbridge {

// References must outlive the connection.
struct BrokerConnection {
    ClientInbox& inbox;
    MqttClient& client;
    Link& link;
    std::string section;                   // of the configuration: names the connection in the log
    std::string client_id;                 // for messages
    std::vector<std::string> server_names; // for messages, by server number
    Message farewell = {};                 // said before drop(); empty topic: nothing
};

// Publisher thread only.
class Connection {
  public:
    Connection(BrokerConnection parts, Log log) : parts_(std::move(parts)), log_(std::move(log)) {}

    std::deque<ClientEvent> events() { return parts_.inbox.drain(); }
    // What happened to the link. True: it has just come up, everything must be said.
    bool take(const ClientEvent& event, Clock::time_point now);
    void connect_when_due(Clock::time_point now, const std::function<std::vector<std::string>()>& filters);
    // A message that is not taken is counted, and everything must be said again.
    void send(const Message& message);
    // Whether everything must be said again; asked once.
    bool take_resync();
    // Leaves to connect again, with the farewell.
    void drop(Clock::time_point now);
    // Leaves for good.
    void leave(std::chrono::milliseconds limit) { parts_.client.disconnect(limit); }

    bool up() const { return parts_.link.up(); }
    Clock::time_point next(Clock::time_point now) const;
    unsigned long long dropped() const { return dropped_; }
    // Why it is or was not connected, in words; empty when all is well.
    const std::string& last_failure() const { return last_failure_; }

  private:
    void say_failure(const std::string& failure, Clock::time_point now);
    std::string in_section(std::string text) const;

    BrokerConnection parts_;
    Log log_;
    bool resync_ = false; // the client did not take a message
    unsigned long long dropped_ = 0;
    std::string last_failure_;
    Clock::time_point failure_logged_at_{};
    unsigned failures_ = 0;
};

} // namespace gridbridge
