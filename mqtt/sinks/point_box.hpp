// Points on their way from the publisher to the thread that puts them into the queue of a sink.
#pragma once

#include "drivers/waist/guarded.hpp"
#include "mqtt/sinks/queue_record.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

// Bounded: beyond it the oldest are dropped and counted. Any thread; putting never waits.
class PointBox {
  public:
    static constexpr std::size_t max_points = 20'000;
    static constexpr std::size_t max_bytes = 2'000'000;

    void put(QueuedPoint point);
    // A text about the whole service, of which only the newest counts: a level of a topic and its payload.
    void put_state(const std::string& place, std::string text);

    // Everything that is there, oldest first; waits until `deadline` for the first, or until stop is
    // requested, or somebody has called wake().
    std::vector<QueuedPoint> take(Clock::time_point deadline, const std::stop_token& stop);
    void wake();
    // What the queue did not take, before what came meanwhile.
    void put_back(std::vector<QueuedPoint> points);

    struct States {
        std::uint64_t version = 0; // rises with each change
        std::vector<std::pair<std::string, std::string>> newest;
    };
    States states() const;

    std::size_t waiting() const;
    std::uint64_t dropped() const;

  private:
    struct Content {
        std::deque<QueuedPoint> points;
        std::size_t bytes = 0;
        std::uint64_t dropped = 0;
        bool is_woken = false;
        States states;
    };
    static void keep_bounds(Content& content);

    Guarded<Content> content_;
};

} // namespace gridbridge
