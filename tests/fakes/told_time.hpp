// Time that the test tells: it stands still meanwhile, however busy the machine is.
#pragma once

#include "drivers/waist/clock.hpp"

#include <algorithm>
#include <chrono>
#include <stop_token>

namespace gridbridge {

class ToldTime final : public ThreadTime {
  public:
    explicit ToldTime(Clock::time_point begin = Clock::time_point{std::chrono::hours(1)}) : time(begin) {}

    Clock::time_point now() const override { return time; }
    bool sleep_until(Clock::time_point deadline, const std::stop_token& /*stop*/) override {
        time = std::max(time, deadline);
        return true;
    }

    Clock::time_point time;
};

} // namespace gridbridge
