// Interruptible sleep for driver threads.
#pragma once

#include "drivers/waist/clock.hpp"
#include "drivers/waist/progress.hpp"

#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace gridbridge {

// Sleeps until `deadline`, whatever the time of the thread; returns false at once when stop is requested.
inline bool sleep_on_system(SystemClock::time_point deadline, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    const WaitingUntil waiting(deadline);
    never.wait_until(lock, stop, deadline, [] { return false; });
    return !stop.stop_requested();
}

// The same in the time of the calling thread.
inline bool wait_until(Clock::time_point deadline, const std::stop_token& stop) {
    return own_time == nullptr ? sleep_on_system(deadline, stop) : own_time->sleep_until(deadline, stop);
}

} // namespace gridbridge
