#include "mqtt/connection/send_window.hpp"

#include <algorithm>

namespace gridbridge {

void SendWindow::reset() {
    const auto slow_at = slow_at_;
    *this = SendWindow();
    slow_at_ = slow_at;
}

// A line that was slow and carries all it gets at once is asked for twice as much: one that only stood still
// for a moment has its full width back after some of these.
void SendWindow::widen(const Backlog& backlog) {
    const bool is_used = backlog.acknowledged - widened_at_ >= slow_window_ / 2;
    if (!slow_at_ || !handed_.empty() || !is_used || trip_ > quick) {
        return;
    }
    widened_at_ = backlog.acknowledged;
    slow_window_ *= 2;
    if (slow_window_ >= first_window) {
        slow_at_.reset();
        slow_window_ = least;
    }
}

void SendWindow::observe(const Backlog& backlog, Clock::time_point now) {
    const bool all_arrived = backlog.sent <= backlog.acknowledged;
    while (!handed_.empty() && (all_arrived || handed_.front().second <= backlog.acknowledged)) {
        trip_ = now - handed_.front().first;
        handed_.pop_front();
    }
    widen(backlog);
    const bool is_new =
        handed_.empty() ? backlog.sent > backlog.acknowledged : backlog.sent > handed_.back().second;
    if (is_new) {
        handed_.emplace_back(now, backlog.sent);
    }
    outstanding_ = backlog.sent - std::min(backlog.sent, backlog.acknowledged);
    observe_client(backlog.queued, now);
    measure(backlog, now);
}

void SendWindow::handed_over(Clock::time_point now) {
    constexpr auto told_apart = std::chrono::milliseconds(20);
    ++taken_;
    if (taken_at_.empty() || now - taken_at_.back().first > told_apart) {
        taken_at_.emplace_back(now, taken_);
    } else {
        taken_at_.back().second = taken_;
    }
}

// A client that is busy all the time has something in it whenever it is looked at, and nothing old: what
// counts is its oldest message. It hands them on in order.
void SendWindow::observe_client(std::size_t queued, Clock::time_point now) {
    const std::uint64_t left = taken_ - std::min<std::uint64_t>(taken_, queued);
    while (!taken_at_.empty() && taken_at_.front().second <= left) {
        taken_at_.pop_front();
    }
    if (queued == 0) {
        queued_since_.reset();
    } else if (!taken_at_.empty()) {
        queued_since_ = taken_at_.front().first;
    } else if (!queued_since_) { // of others
        queued_since_ = now;
    }
}

void SendWindow::measure(const Backlog& backlog, Clock::time_point now) {
    acknowledged_.emplace_back(now, backlog.acknowledged);
    while (acknowledged_.size() > 2 && now - acknowledged_[1].first >= rate_period) {
        acknowledged_.pop_front();
    }
    if (age(now) > slow_after) {
        slow_at_ = now;
        slow_window_ = least;
        widened_at_ = backlog.acknowledged;
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
    // Twice what the line has carried within the last second; on a slow one half of it, or what goes at once.
    const std::uint64_t carried =
        acknowledged_.empty() ? 0 : acknowledged_.back().second - acknowledged_.front().second;
    const std::uint64_t wanted = slow_at_ ? std::max<std::uint64_t>(slow_window_, carried / 2)
                                          : std::max<std::uint64_t>(first_window, carried * 2);
    return static_cast<std::size_t>(wanted - std::min(wanted, outstanding_));
}

} // namespace gridbridge
