// Gives points to a store over HTTP, as line protocol.
#pragma once

#include "app/sinks/http_connection.hpp"
#include "app/sinks/point_stamps.hpp"
#include "app/sinks/sink_sender.hpp"
#include "app/sinks/sink_shared.hpp"
#include "mqtt/sinks/server_verdict.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

struct InfluxOptions {
    HttpPlace place;
    std::string target; // path and query: "/write?db=gridbridge"
    bool gzip = true;
    std::function<std::string()> login; // value of the header Authorization, asked each time; empty: none
    std::function<double()> jitter;     // 0..1
    std::chrono::milliseconds answer_limit{30'000};
    std::chrono::milliseconds longest_pause{75'000}; // between attempts
    std::chrono::milliseconds shortest_pause{1'000}; // after a batch, for the next points of many meters
};

// Sends the oldest points until the store has them. What it does not want is halved until it is one point,
// which is left out and counted.
class InfluxSender final : public SinkSender {
  public:
    InfluxSender(std::shared_ptr<SinkShared> shared, InfluxOptions options);

    Clock::time_point step(Clock::time_point now, const std::stop_token& stop) override;

  private:
    struct Batch {
        std::size_t points = 0; // with those that have no time
        std::uint64_t untimed = 0;
        QueueCursor after;
        std::string lines;
    };
    std::optional<Batch> next_batch();
    HttpAnswer send(const std::string& lines, const std::stop_token& stop);
    Clock::time_point take(const Batch& batch, const HttpAnswer& answer, Clock::time_point now);
    void done(const Batch& batch);
    Clock::time_point leave_out(const Batch& batch, const std::string& reason, Clock::time_point now);
    Clock::time_point later(const std::string& reason, Clock::time_point now,
                            std::optional<std::chrono::seconds> pause = std::nullopt);
    void say(const std::string& problem);

    std::shared_ptr<SinkShared> shared_;
    InfluxOptions options_;
    HttpConnection connection_;
    std::optional<PointStamps> stamps_;
    RetryPause pause_;
    Clock::time_point not_before_{};
    std::size_t most_points_;
    std::size_t most_bytes_;
    unsigned refused_in_a_row_ = 0;
    std::string said_; // the newest problem in the log
};

} // namespace gridbridge
