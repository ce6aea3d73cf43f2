#include "mqtt/history/recent_curve.hpp"

#include <algorithm>
#include <cmath>

namespace gridbridge {
namespace {

constexpr std::int64_t span_ms = std::chrono::milliseconds(recent_span).count();

std::int64_t steady_ms(Clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

bool is_gap(const HistoryValues& values) {
    return std::all_of(values.begin(), values.end(), [](float value) { return std::isnan(value); });
}

} // namespace

void RecentCurve::take(Clock::time_point now, const HistoryValues& values, std::size_t limit) {
    const bool gap = is_gap(values);
    if (gap && (points_.empty() || is_gap(points_.back().values))) {
        return;
    }
    const std::int64_t time = std::max(steady_ms(now), newest_);
    const std::int64_t step = std::max<std::int64_t>(span_ms / static_cast<std::int64_t>(limit), 1);
    const bool is_same_step = !points_.empty() && time / step == newest_ / step;
    newest_ = time;
    const Point point{static_cast<std::uint32_t>(time), values};
    if (is_same_step && !gap && !is_gap(points_.back().values)) {
        points_.back() = point;
    } else {
        points_.push_back(point);
    }
    drop_old(time, limit);
}

void RecentCurve::drop_old(std::int64_t now, std::size_t limit) {
    const auto age = [&](const Point& point) {
        return static_cast<std::int64_t>(static_cast<std::uint32_t>(now) - point.time);
    };
    while (!points_.empty() && (points_.size() > limit || age(points_.front()) > span_ms)) {
        points_.pop_front();
    }
}

std::vector<RecentPoint> RecentCurve::points(Clock::time_point now) const {
    std::vector<RecentPoint> all;
    all.reserve(points_.size());
    for (const Point& point : points_) {
        const std::int64_t before_newest = static_cast<std::uint32_t>(newest_) - point.time;
        const Clock::time_point at{std::chrono::milliseconds(newest_ - before_newest)};
        if (now - at <= recent_span) {
            all.push_back({at, point.values});
        }
    }
    return all;
}

} // namespace gridbridge
