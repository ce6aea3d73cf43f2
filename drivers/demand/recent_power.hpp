// The mean power of the last moments. Pure.
#pragma once

#include "drivers/waist/clock.hpp"

#include <deque>
#include <optional>

namespace gridbridge {

class RecentPower {
  public:
    static constexpr double longest = 300; // s

    // `kwh`: since the moment before; nothing: not known, it begins anew. `watts`: now.
    void take(Clock::time_point now, std::optional<double> kwh, std::optional<double> watts);
    // W over the last `seconds`, at most `longest`; over what is known, if that is less. Nothing: no power.
    std::optional<double> mean(double seconds) const;

  private:
    struct Moment {
        Clock::time_point at{};
        double kwh = 0; // up to it
    };
    std::deque<Moment> moments_; // a second apart or more, the newest apart
    std::optional<double> watts_;
};

} // namespace gridbridge
