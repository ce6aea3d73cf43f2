// Energy and time as numbers.
#pragma once

#include "drivers/waist/clock.hpp"

#include <chrono>

namespace gridbridge {

inline constexpr double joules_per_kwh = 3.6e6;

// s
inline double seconds_between(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

} // namespace gridbridge
