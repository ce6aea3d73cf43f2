// How often within a second. Pure.
#pragma once

#include "drivers/waist/clock.hpp"

#include <chrono>

namespace gridbridge {

// dbus-flashmq answers three full publishes a second (venus-mqtt 5.1); what is asked more often gets no more
// answers until the second is over.
class PerSecond {
  public:
    static constexpr int limit = 3;

    bool take(Clock::time_point now) {
        if (now - begin_ >= std::chrono::seconds(1)) {
            begin_ = now;
            count_ = 0;
        }
        return ++count_ <= limit;
    }

  private:
    Clock::time_point begin_{};
    int count_ = 0;
};

} // namespace gridbridge
