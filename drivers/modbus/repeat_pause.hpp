// Pauses before requests that failed are repeated: whoever is busy is not helped by more requests. Pure.
#pragma once

#include "drivers/waist/clock.hpp"

#include <algorithm>
#include <chrono>

namespace gridbridge {

class RepeatPause {
  public:
    static constexpr std::chrono::milliseconds first{50};
    static constexpr std::chrono::milliseconds longest{1000};

    void answered() { failures_ = 0; }
    // An exception came at once, so the first repeat has a pause as well.
    void refused(Clock::time_point now) { wait(now, ++failures_); }
    // The time-out was a pause already.
    void unanswered(Clock::time_point now) { wait(now, ++failures_ - 1); }
    Clock::time_point until() const { return until_; }

  private:
    void wait(Clock::time_point now, int step) {
        until_ =
            step < 1 ? Clock::time_point{} : now + std::min(longest, first * (1 << std::min(step - 1, 8)));
    }

    int failures_ = 0; // in a row
    Clock::time_point until_{};
};

} // namespace gridbridge
