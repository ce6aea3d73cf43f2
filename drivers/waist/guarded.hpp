// A value that several threads use, and the one lock before it.
#pragma once

#include "drivers/waist/clock.hpp"

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

namespace gridbridge {

// The value is reached through with(), change() and wait() only, by any thread. What they call runs under the
// lock: it must be short, must not come back to the same Guarded, and must not let a reference to the value
// out; so results are returned by value.
template <typename T>
class Guarded {
  public:
    template <typename... Given>
    explicit Guarded(Given&&... given) : value_(std::forward<Given>(given)...) {}

    template <typename Use>
    auto with(Use&& use) {
        const std::lock_guard lock(mutex_);
        return std::forward<Use>(use)(value_);
    }
    template <typename Use>
    auto with(Use&& use) const {
        const std::lock_guard lock(mutex_);
        return std::forward<Use>(use)(value_);
    }

    // As with(), and those who wait look again.
    template <typename Use>
    void change(Use&& use) {
        {
            const std::lock_guard lock(mutex_);
            std::forward<Use>(use)(value_);
        }
        changed_.notify_all();
    }

    // Until `is_ready(value)`, or the deadline has passed, or stop was requested; then `use(value)` under the
    // same lock, whichever it was.
    template <typename IsReady, typename Use>
    auto wait(Clock::time_point deadline, const std::stop_token& stop, IsReady is_ready, Use&& use) {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, stop, deadline, [&] { return is_ready(std::as_const(value_)); });
        return std::forward<Use>(use)(value_);
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    T value_;
};

} // namespace gridbridge
