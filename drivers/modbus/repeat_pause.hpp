// Pauses before requests that failed are repeated, and how often they are: whoever is busy is not helped by
// more requests. Pure.
#pragma once

#include "drivers/waist/clock.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace gridbridge {

class RepeatPause {
  public:
    static constexpr std::chrono::milliseconds first{50};
    static constexpr std::chrono::milliseconds longest{1000};

    RepeatPause() = default;
    // `retries`: repeats of one request; none: without end. `pause`: before each; none: it grows.
    RepeatPause(std::optional<int> retries, std::optional<std::chrono::milliseconds> pause)
        : retries_(retries), pause_(pause) {}

    void answered() { failures_ = repeats_ = 0; }
    // An exception came at once, so the first repeat has a pause as well.
    void refused(Clock::time_point now) { wait(now, ++failures_); }
    // The time-out was a pause already.
    void unanswered(Clock::time_point now) { wait(now, ++failures_ - 1); }
    Clock::time_point until() const { return until_; }

    // True: the request that just failed is not to be repeated before its next beat. Ask once per failure.
    bool gives_up() {
        if (!retries_ || ++repeats_ <= *retries_) {
            return false;
        }
        repeats_ = 0;
        return true;
    }

  private:
    void wait(Clock::time_point now, int step) {
        if (pause_) {
            until_ = now + *pause_;
            return;
        }
        until_ =
            step < 1 ? Clock::time_point{} : now + std::min(longest, first * (1 << std::min(step - 1, 8)));
    }

    std::optional<int> retries_;
    std::optional<std::chrono::milliseconds> pause_;
    int failures_ = 0; // in a row
    int repeats_ = 0;  // asked for since the last answer, or since it was given up
    Clock::time_point until_{};
};

} // namespace gridbridge
