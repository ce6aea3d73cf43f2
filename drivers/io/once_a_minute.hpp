// Keeps what happens over and over from filling the log. Pure.
#pragma once

#include "drivers/waist/clock.hpp"

#include <chrono>
#include <optional>

namespace gridbridge {

class OnceAMinute {
  public:
    // True at the first call and when a minute has passed since the last true.
    bool is_due(Clock::time_point now) {
        if (last_ && now - *last_ < std::chrono::minutes(1)) {
            return false;
        }
        last_ = now;
        return true;
    }

  private:
    std::optional<Clock::time_point> last_;
};

} // namespace gridbridge
