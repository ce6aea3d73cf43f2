// Whether one meter is there, and when to look for it again. Pure: time is an argument.
#pragma once

#include "drivers/io/back_off.hpp"
#include "drivers/waist/clock.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace gridbridge {

class MeterPresence {
  public:
    // In less nobody puts another meter in its place.
    static constexpr std::chrono::seconds shortest_exchange{2};

    // `stale_after`: without a reading for so long it is lost; shorter disturbances are none. `interval`: of
    // its readings.
    MeterPresence(std::chrono::milliseconds stale_after, std::chrono::milliseconds interval)
        : stale_after_(stale_after), exchange_after_(shortest_exchange + interval) {}

    // Identified, and no more errors than allowed since.
    bool is_present() const { return present_; }
    // Of a meter that is not there. `in_haste`: somebody waits for it, or asking more often slows nobody.
    Clock::time_point retry_at(bool in_haste) const;

    void attempt(Clock::time_point now);
    // Who it is was asked from `asked` on, and then what it can do. True: it was lost before.
    bool found(Clock::time_point asked, Clock::time_point now);
    // It answers, but cannot be served: haste is of no use until the next attempt.
    void refuse() { refused_ = true; }
    // True: the reason is news, to be reported.
    bool lose(std::string_view reason, Clock::time_point now);
    // Its connection is gone; it is looked for as soon as there is a new one.
    void link_lost();
    // Its connection is gone, and may be back in time.
    void link_cut() { was_cut_ = true; }
    // What took so long may have been silent in between, and another may be in its place.
    bool is_long(Clock::duration time) const { return time >= exchange_after_; }
    // Something has failed since its last answer, and long enough ago that another may be in its place: it
    // must say who it is before what it says is believed.
    bool may_be_another(Clock::time_point now) const {
        return is_doubtful_ || ((was_cut_ || timeouts_ + errors_ > 0) && is_gap(now));
    }
    // It is still the same, as it said when it was asked between these.
    void proven(Clock::time_point asked, Clock::time_point now);
    // It was set up once more, in which time it may have been silent.
    void set_up(Clock::time_point began, Clock::time_point now) {
        is_doubtful_ = is_doubtful_ || is_long(now - began);
    }
    const std::string& lost_reason() const { return lost_reason_; } // as last reported

    // Whoever has answered shortly before is still there. `failures`: of its requests, counted since the
    // start. `lateness`: by how much the answer may be older than its request.
    void answered_well(Clock::time_point now, std::uint64_t failures, Clock::duration lateness = {});
    // True: it is lost by as many in a row, of either kind, when there was no reading for long enough.
    bool count_error(bool like_timeout, int max_timeouts, int max_errors, Clock::time_point now);
    // No reading for long enough.
    bool is_stale(Clock::time_point now) const { return now - good_at_ >= stale_after_; }
    // A reading was delivered.
    void delivered(Clock::time_point now);

  private:
    bool is_gap(Clock::time_point now) const { return is_long(now - answered_at_); }

    const std::chrono::milliseconds stale_after_;
    const std::chrono::milliseconds exchange_after_;
    bool present_ = false;
    bool refused_ = false;
    std::string lost_reason_;
    Clock::time_point attempted_at_{};
    Clock::time_point retry_at_{};
    Clock::time_point good_at_{};     // last reading, or found
    Clock::time_point answered_at_{}; // since when nothing proves that it is there
    BackOff back_off_;
    std::uint64_t failures_ = 0; // until then
    bool was_cut_ = false;       // since then
    bool is_doubtful_ = false;   // what has answered after a gap
    int timeouts_ = 0;           // since the last good answer
    int errors_ = 0;             // the same, all other errors
};

} // namespace gridbridge
