#include "mqtt/bridge/send_window.hpp"

#include <algorithm>

namespace gridbridge {

void SendWindow::reset() {
    const auto slow_at = slow_at_;
    *this = SendWindow();
    slow_at_ = slow_at;
}

void SendWindow::observe(const Backlog& backlog, Clock::time_point now) {
    while (!handed_.empty() && handed_.front().second <= backlog.acknowledged) {
        handed_.pop_front();
    }
    const bool is_new =
        handed_.empty() ? backlog.sent > backlog.acknowledged : backlog.sent > handed_.back().second;
    if (is_new) {
        handed_.emplace_back(now, backlog.sent);
    }
    outstanding_ = backlog.sent - std::min(backlog.sent, backlog.acknowledged);
    if (backlog.queued == 0) {
        queued_since_.reset();
    } else if (!queued_since_) {
        queued_since_ = now;
    }
    measure(backlog, now);
}

void SendWindow::measure(const Backlog& backlog, Clock::time_point now) {
    acknowledged_.emplace_back(now, backlog.acknowledged);
    while (acknowledged_.size() > 2 && now - acknowledged_[1].first >= rate_period) {
        acknowledged_.pop_front();
    }
    if (age(now) > slow_after) {
        slow_at_ = now;
    } else if (slow_at_ && now - *slow_at_ > recovered_after) {
        slow_at_.reset();
    }
}

Clock::duration SendWindow::age(Clock::time_point now) const {
    const auto in_kernel = handed_.empty() ? Clock::duration::zero() : now - handed_.front().first;
    const auto in_client = queued_since_ ? now - *queued_since_ : Clock::duration::zero();
    return std::max(in_kernel, in_client);
}

Clock::duration SendWindow::echo_lag(Clock::time_point now) const {
    return echo_asked_ ? now - *echo_asked_ : Clock::duration::zero();
}

std::size_t SendWindow::allowance(Clock::time_point now) const {
    if (age(now) > bound || echo_lag(now) > bound) {
        return 0;
    }
    // Twice what the line has carried within the last second; on a slow one half of it.
    const std::uint64_t carried =
        acknowledged_.empty() ? 0 : acknowledged_.back().second - acknowledged_.front().second;
    const std::uint64_t wanted = slow_at_ ? std::max<std::uint64_t>(least, carried / 2)
                                          : std::max<std::uint64_t>(first_window, carried * 2);
    return static_cast<std::size_t>(wanted - std::min(wanted, outstanding_));
}

} // namespace gridbridge
