// Gives points to a broker elsewhere, QoS 1 and in order, and tells it how the service is.
#pragma once

#include "app/sinks/point_stamps.hpp"
#include "app/sinks/sink_sender.hpp"
#include "app/sinks/sink_shared.hpp"
#include "mqtt/connection/client.hpp"
#include "mqtt/connection/link.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

struct UplinkOptions {
    std::string portal_id;
    std::vector<std::string> servers; // tried in order; for messages
    std::function<double()> jitter;   // 0..1
    std::function<std::unique_ptr<MqttClient>(ClientInbox& inbox)> make_client;
    std::function<void()> look_around; // called every hour, on the thread of the sender; may be empty
    std::size_t window = 200;          // messages that wait for their acknowledgement
    std::chrono::milliseconds acknowledged_within{60'000}; // else the connection is made anew
};

// What is acknowledged leaves the queue; what was under way when a connection ended is sent once more, with
// the key it had.
class UplinkSender final : public SinkSender {
  public:
    UplinkSender(std::shared_ptr<SinkShared> shared, UplinkOptions options);

    Clock::time_point step(Clock::time_point now, const std::stop_token& stop) override;
    void leave() override;

  private:
    struct UnderWay {
        QueueCursor after;
        bool is_acknowledged = false;
        bool is_point = true; // else it has no time, and was not sent
    };

    void take_events(Clock::time_point now);
    void take(const ClientEvent& event, Clock::time_point now);
    void came_up(Clock::time_point now);
    void went_down(const std::string& problem, Clock::time_point now);
    void acknowledged(std::uintptr_t seq, Clock::time_point now);
    void advance();
    void send_states();
    void send_points(Clock::time_point now);
    bool send_point(const TakenPoint& taken, const Stamp& stamp, Clock::time_point now);
    void say(const std::string& problem);

    std::shared_ptr<SinkShared> shared_;
    UplinkOptions options_;
    ClientInbox inbox_;
    Link link_;
    std::unique_ptr<MqttClient> client_;
    std::optional<PointStamps> stamps_;
    std::string run_;
    std::deque<UnderWay> under_way_;          // in the order of the queue
    std::map<std::string, std::string> told_; // on this connection, by name
    std::uint64_t told_version_ = 0;
    Clock::time_point moved_at_{}; // the newest acknowledgement, or when it was first waited for
    Clock::time_point look_around_at_{};
    bool is_full_ = false; // the client takes nothing now
    std::string said_;     // the newest problem in the log
};

} // namespace gridbridge
