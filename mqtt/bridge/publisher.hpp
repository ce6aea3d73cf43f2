// The publisher thread: takes news from the drivers and the broker, asks the bridge what to say, and says it.
#pragma once

#include "drivers/waist/handoff.hpp"
#include "drivers/waist/log.hpp"
#include "mqtt/bridge/bridge.hpp"
#include "mqtt/bridge/restore_wait.hpp"
#include "mqtt/bridge/settings_saver.hpp"
#include "mqtt/connection/connection.hpp"
#include "mqtt/files/file_writer.hpp"
#include "mqtt/files/state_file.hpp"
#include "mqtt/settings/settings.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

// References must outlive the publisher. run() lives on one thread; the rest is called before it, or from any
// thread where it says so.
class Publisher {
  public:
    struct Parts {
        Handoff& handoff;
        ClientInbox& inbox;
        MqttClient& client;
        Bridge& bridge;
        Link& link;
        Settings& settings;
        const StateFile& state_file;
        FileWriter& files; // writes it; its wake function wakes the hand-off
        Log log;
        std::string client_id;                 // for messages
        std::vector<std::string> server_names; // for messages, by server number
        std::string mirror_topic = {};         // the settings, retained, at each save; empty: no
        bool restore = false; // take them from there at the first connect: no state directory
        std::vector<BrokerConnection> more = {}; // connections 1, 2, ... beside the main one
        std::chrono::seconds keepalive{30};
        // A while after much was said at once: gives back memory that this took; may be empty.
        std::function<void()> trim_memory = {};
        // What clients and the broker said on the main connection, and what it is told; may be empty.
        std::function<void(const Message&message, Clock::time_point now)> on_heard = {}, on_said = {};
    };

    explicit Publisher(Parts parts);

    // Until stop is requested; then offline messages, the last settings write, and an orderly disconnect.
    void run(const std::stop_token& stop);

    // What run() consists of: begin(), step() again and again, end(). step() is false when something threw.
    void begin(Clock::time_point now);
    bool step(const std::vector<MeterUpdate>& updates, Clock::time_point now);
    void end(Clock::time_point now);
    // When step() is due although there is no news.
    Clock::time_point next_wake(Clock::time_point now) const;

    // Leaves the brokers and connects again: files of the connection have changed. Any thread.
    void reconnect() {
        reconnect_ = true;
        parts_.handoff.wake();
    }

    // On the main connection.
    unsigned long long dropped() const { return connections_.front().dropped(); }
    const std::string& last_failure() const { return connections_.front().last_failure(); }
    std::size_t waiting() const { return connections_.front().waiting(); }
    Clock::duration lag(Clock::time_point now) const { return connections_.front().lag(now); }

  private:
    bool attempt(const std::function<void()>& work); // false: it threw
    void serve(Clock::time_point now);
    void take_events(Clock::time_point now);
    void received(const Message& message, Clock::time_point now);
    void came_up(std::size_t link, Clock::time_point now);
    void look_for_restore(Clock::time_point now);
    bool may_speak(std::size_t link) const;
    void connect_when_due(Clock::time_point now);
    void send(Clock::time_point now);
    void take_event(std::size_t link, ClientEvent& event, Clock::time_point now);
    void plan_trim(Clock::time_point now);
    void trim_when_due(Clock::time_point now);
    void save_when_due(Clock::time_point now);
    void save(Clock::time_point now);
    void say_settings();
    void publish_everything(std::size_t link, Clock::time_point now);
    void restore_from(const Message& message, Clock::time_point now);
    void end_restore(Clock::time_point now);
    void subscribe_to_more();

    Parts parts_;
    RestoreWait restore_;
    SettingsSaver saver_;
    std::vector<Connection> connections_; // by number
    Messages out_;
    std::deque<std::pair<std::size_t, ClientEvent>> events_; // by connection, not yet looked at
    unsigned failures_ = 0;                                  // of attempt()
    std::string failure_;                                    // the last one
    std::atomic<bool> reconnect_ = false;
    std::optional<Clock::time_point> trim_at_;
    Clock::time_point no_trim_before_{};
    Clock::time_point estimates_at_{};
    std::vector<std::string> filters_; // of the main connection, until it is restored
};

} // namespace gridbridge
