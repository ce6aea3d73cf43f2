// Sees a power step up or down and stay there. Pure.
#pragma once

#include "drivers/waist/clock.hpp"

#include <cstddef>
#include <deque>
#include <optional>

namespace gridbridge {

// Compares the newest seconds with those before them: what drifts slowly, and what comes and goes within
// seconds, is no step. Of a meter that answers seldom the seconds become its newest readings.
class PowerSteps {
  public:
    void add(Clock::time_point at, double watts); // in the order of time; the same time once
    // There is enough to compare with.
    bool is_ready() const;
    // The size of a step that has stayed for about 3 s, or two readings; its amount is between the limits.
    std::optional<double> step(double least, double most) const;
    // What was found is the level that a next step is compared with.
    void accept();
    void clear() { samples_.clear(); }
    // After so long without a reading nothing is known of what came in between. From how often it answers.
    Clock::duration stay() const;

  private:
    struct Sample {
        Clock::time_point at;
        double watts;
    };
    Clock::duration interval() const;
    std::size_t first_of_newest() const;

    std::deque<Sample> samples_;
};

} // namespace gridbridge
