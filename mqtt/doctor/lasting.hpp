// Conditions that must last before anything is said, and shares of what was seen lately. Pure.
#pragma once

#include "drivers/waist/clock.hpp"

#include <cstdint>
#include <optional>

namespace gridbridge {

// True once `condition` was true at each call for `least`.
class Lasting {
  public:
    bool apply(bool condition, Clock::time_point now, Clock::duration least) {
        if (!condition) {
            since_.reset();
            return false;
        }
        since_ = since_.value_or(now);
        return now - *since_ >= least;
    }
    void reset() { since_.reset(); }

  private:
    std::optional<Clock::time_point> since_;
};

// How many of the samples of about the last day are of a kind. Older ones count half, and so on.
class Portion {
  public:
    void add(bool is_of_kind) {
        all_ += 1;
        of_kind_ += is_of_kind ? 1 : 0;
    }
    void forget_half() {
        all_ /= 2;
        of_kind_ /= 2;
    }
    double all() const { return all_; }
    double of_kind() const { return of_kind_; }
    double share() const { return all_ > 0 ? of_kind_ / all_ : 0; }

  private:
    double all_ = 0, of_kind_ = 0;
};

// A counter of events, and whether it has risen by so many within a time.
class RecentRise {
  public:
    void take(std::uint64_t count, std::uint64_t least, Clock::duration within, Clock::time_point now);
    // For `remembered` from the last such rise.
    bool holds(Clock::duration remembered, Clock::time_point now) const {
        return risen_at_ && now - *risen_at_ < remembered;
    }
    std::uint64_t rise() const { return rise_; }

  private:
    std::optional<std::uint64_t> base_;
    Clock::time_point base_at_{};
    std::optional<Clock::time_point> risen_at_;
    std::uint64_t rise_ = 0;
};

} // namespace gridbridge
