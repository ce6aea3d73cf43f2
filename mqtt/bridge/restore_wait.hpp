// How long settings that a broker may keep are awaited.
#pragma once

#include "drivers/waist/clock.hpp"

namespace gridbridge {

// Of a broker that is slow nobody knows what it keeps: that there are no settings is believed of one that has
// answered since it was asked, and of nobody whose connection was lost meanwhile.
class RestoreWait {
  public:
    explicit RestoreWait(bool wanted) : phase_(wanted ? Phase::Away : Phase::Over) {}

    // Restored, found that there is nothing to restore, or not wanted.
    bool is_over() const { return phase_ == Phase::Over; }
    // The broker is asked: nothing may be said to it that could replace what it keeps.
    bool holds_back() const { return phase_ == Phase::Asked || phase_ == Phase::Answered; }

    // `answers`: answered() will be called when it has read the question; else time alone must do.
    void asked(Clock::time_point now, bool answers);
    void answered(Clock::time_point now);
    void lost();
    void end() { phase_ = Phase::Over; }

    // Nothing came and nothing will.
    bool has_passed(Clock::time_point now) const { return now >= passes_at(); }
    // max(): not before something happens.
    Clock::time_point passes_at() const;

  private:
    enum class Phase { Away, Asked, Answered, Over };

    Phase phase_;
    Clock::time_point until_{};
};

} // namespace gridbridge
