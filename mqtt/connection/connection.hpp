// One broker of the publisher: the link to it, what goes out, and its failures in words.
#pragma once

#include "drivers/waist/log.hpp"
#include "mqtt/connection/client.hpp"
#include "mqtt/connection/link.hpp"
#include "mqtt/connection/outbox.hpp"
#include "mqtt/connection/send_window.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
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
    Message farewell = {};                 // published before drop(); empty topic: nothing
    std::chrono::seconds keepalive{30};
};

// Publisher thread only. Nothing here waits but leave().
class Connection {
  public:
    Connection(BrokerConnection parts, Log log) : parts_(std::move(parts)), log_(std::move(log)) {}

    std::deque<ClientEvent> events() { return parts_.inbox.drain(); }
    // What happened to the link. True: it has just come up, everything must be published.
    bool take(const ClientEvent& event, Clock::time_point now);
    void connect_when_due(Clock::time_point now, const std::function<std::vector<std::string>()>& filters);
    // Sends it while the line keeps up. Else it waits for flush(), and of what waits on a topic the newest
    // goes.
    void send(Message message, Clock::time_point now);
    // Hands over of what waits as much as the line carries without anything getting old in it. Ends a
    // connection that does not move or whose broker does not answer.
    void flush(Clock::time_point now);
    // Echo comes behind all that the broker owes now. False: this client cannot ask.
    bool await_echo(Clock::time_point now);
    void resync() { resync_ = true; }
    // Whether everything must be published again; asked once.
    bool take_resync();
    // Leaves to connect again, with the farewell.
    void drop(Clock::time_point now);
    // Hands over what waits and leaves for good.
    void leave(std::chrono::milliseconds limit);

    bool up() const { return parts_.link.up(); }
    Clock::time_point next(Clock::time_point now) const;
    // Messages that were not sent and that no newer one took the place of.
    unsigned long long dropped() const { return dropped_; }
    // Messages that wait here.
    std::size_t waiting() const { return outbox_.size(); }
    // How long the broker has owed an answer, or the oldest byte waited for the other machine: what a
    // subscriber sees is at least that old.
    Clock::duration lag(Clock::time_point now) const;
    // Why it is or was not connected, in words; empty when all is well.
    const std::string& last_failure() const { return last_failure_; }

  private:
    void came_up(const std::string& server, Clock::time_point now);
    bool ends_a_dead_one(Clock::time_point now);
    bool hand_over(const Message& message, Clock::time_point now);
    void hand_over_waiting(Clock::time_point now);
    void ask_echo_when_due(Clock::time_point now);
    void log_failure(const std::string& failure, Clock::time_point now);
    void log_denied(const std::string& server, const std::string& topic);
    void log_refused(const Message& message);
    std::string in_our_words(std::string text) const;

    BrokerConnection parts_;
    Log log_;
    Outbox outbox_;
    SendWindow window_;
    Clock::time_point looked_at_{}; // before something was handed over
    std::size_t credit_ = 0;        // bytes that the line takes now
    bool sent_since_echo_ = false;
    bool echo_asked_ = false;
    Clock::time_point echo_due_{};
    bool resync_ = false;
    unsigned long long dropped_ = 0;
    std::string refused_topic_;   // named in the log last
    std::string denied_topic_;    // the same, of what access rules refuse
    std::string too_large_topic_; // the same, of what arrived
    std::string last_failure_;
    Clock::time_point failure_logged_at_{};
    unsigned failures_ = 0;
};

} // namespace gridbridge
