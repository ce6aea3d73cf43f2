// The last ten minutes of a meter, in memory. Pure.
#pragma once

#include "drivers/waist/clock.hpp"
#include "mqtt/history/history_rows.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace gridbridge {

inline constexpr std::chrono::minutes recent_span(10);
// 10 points a second for ten minutes; one more may wait to be dropped.
inline constexpr std::size_t most_recent_points = 6000;
// Of all meters together. A point takes 32 bytes, and std::deque and the allocator at most 8 more: 8 MB.
inline constexpr std::size_t all_recent_points = 200'000;

// How many points each of `meters` may have.
constexpr std::size_t points_per_meter(std::size_t meters) {
    const std::size_t share = all_recent_points / (meters == 0 ? 1 : meters);
    return share < most_recent_points ? share : most_recent_points;
}

struct RecentPoint {
    Clock::time_point at{};
    HistoryValues values{}; // all unknown: a gap begins
};

// Takes memory 512 bytes at a time, and none before the first value.
class RecentCurve {
  public:
    // At most `limit` points (1..most_recent_points): the time of one point is the span divided by them, and
    // of several readings within it the newest stays. `values` may be all unknown: a gap.
    void take(Clock::time_point now, const HistoryValues& values, std::size_t limit);
    // The points not older than the span, ascending.
    std::vector<RecentPoint> points(Clock::time_point now) const;
    std::size_t size() const { return points_.size(); }

  private:
    struct Point {
        std::uint32_t time; // ms, cut off; counted back from newest_
        HistoryValues values;
    };
    void drop_old(std::int64_t now, std::size_t limit);

    std::deque<Point> points_;
    std::int64_t newest_ = 0; // ms on the steady clock
};

} // namespace gridbridge
