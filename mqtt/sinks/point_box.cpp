#include "mqtt/sinks/point_box.hpp"

#include <algorithm>
#include <iterator>

namespace gridbridge {

void PointBox::keep_bounds(Content& content) {
    while (content.points.size() > max_points || content.bytes > max_bytes) {
        content.bytes -= record_size(content.points.front());
        content.points.pop_front();
        ++content.dropped;
    }
}

void PointBox::put(QueuedPoint point) {
    content_.change([&](Content& content) {
        content.bytes += record_size(point);
        content.points.push_back(std::move(point));
        keep_bounds(content);
    });
}

void PointBox::put_state(const std::string& place, std::string text) {
    content_.change([&](Content& content) {
        auto& newest = content.states.newest;
        const auto known =
            std::find_if(newest.begin(), newest.end(), [&](const auto& row) { return row.first == place; });
        if (known == newest.end()) {
            newest.emplace_back(place, std::move(text));
        } else {
            known->second = std::move(text);
        }
        ++content.states.version;
    });
}

std::vector<QueuedPoint> PointBox::take(Clock::time_point deadline, const std::stop_token& stop) {
    const auto has_any = [](const Content& content) { return content.is_woken || !content.points.empty(); };
    return content_.wait(deadline, stop, has_any, [](Content& content) {
        content.is_woken = false;
        content.bytes = 0;
        auto points = std::exchange(content.points, {});
        return std::vector<QueuedPoint>(std::make_move_iterator(points.begin()),
                                        std::make_move_iterator(points.end()));
    });
}

void PointBox::wake() {
    content_.change([](Content& content) { content.is_woken = true; });
}

void PointBox::put_back(std::vector<QueuedPoint> points) {
    content_.with([&](Content& content) { // nobody is woken: it would be tried again at once
        for (const QueuedPoint& point : points) {
            content.bytes += record_size(point);
        }
        content.points.insert(content.points.begin(), std::make_move_iterator(points.begin()),
                              std::make_move_iterator(points.end()));
        keep_bounds(content);
    });
}

PointBox::States PointBox::states() const {
    return content_.with([](const Content& content) { return content.states; });
}

std::size_t PointBox::waiting() const {
    return content_.with([](const Content& content) { return content.points.size(); });
}

std::uint64_t PointBox::dropped() const {
    return content_.with([](const Content& content) { return content.dropped; });
}

} // namespace gridbridge
