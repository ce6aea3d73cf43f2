#include "drivers/modbus/meter_presence.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::chrono::seconds hasty_retry{2};

} // namespace

Clock::time_point MeterPresence::retry_at(bool in_haste) const {
    return in_haste && !refused_ ? std::min(retry_at_, attempted_at_ + hasty_retry) : retry_at_;
}

void MeterPresence::attempt(Clock::time_point now) {
    attempted_at_ = now;
    refused_ = false;
}

bool MeterPresence::found(Clock::time_point asked, Clock::time_point now) {
    present_ = true;
    retry_at_ = {};
    good_at_ = now;
    proven(asked, now);
    return !lost_reason_.empty();
}

bool MeterPresence::lose(std::string_view reason, Clock::time_point now) {
    if (now >= retry_at_) { // else it was asked in haste: no time has passed that would make the pause longer
        retry_at_ = now + back_off_.next();
    }
    const bool is_news = std::exchange(present_, false) || lost_reason_ != reason;
    if (is_news) {
        lost_reason_ = reason;
    }
    return is_news;
}

void MeterPresence::link_lost() {
    back_off_.reset();
    retry_at_ = Clock::time_point{};
}

bool MeterPresence::count_error(bool like_timeout, int max_timeouts, int max_errors, Clock::time_point now) {
    (like_timeout ? timeouts_ : errors_) += 1;
    return (timeouts_ >= max_timeouts || errors_ >= max_errors) && is_stale(now);
}

void MeterPresence::proven(Clock::time_point asked, Clock::time_point now) {
    answered_at_ = asked;
    is_doubtful_ = is_long(now - asked);
    was_cut_ = false;
}

void MeterPresence::answered_well(Clock::time_point now, std::uint64_t failures, Clock::duration lateness) {
    timeouts_ = errors_ = 0;
    is_doubtful_ = is_doubtful_ || (is_gap(now) && (was_cut_ || failures != failures_));
    answered_at_ = now - lateness;
    failures_ = failures;
    was_cut_ = false;
}

void MeterPresence::delivered(Clock::time_point now) {
    good_at_ = now;
    back_off_.reset();
    lost_reason_.clear();
}

} // namespace gridbridge
