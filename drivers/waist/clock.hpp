// The one clock of decisions, and who says what time it is on a thread.
#pragma once

#include <chrono>
#include <stop_token>

namespace gridbridge {

using SystemClock = std::chrono::steady_clock; // gateways boot without a wall clock and jump later

// The time of the calling thread: that of the system, or of its ThreadTime.
struct Clock {
    using rep = SystemClock::rep;
    using period = SystemClock::period;
    using duration = SystemClock::duration;
    using time_point = SystemClock::time_point;
    static constexpr bool is_steady = true;

    static time_point now();
};

// A recording has whole microseconds: finer times are noise that does not compress. So the time of whoever is
// recorded or replayed has no others. The first one that is not before `at`:
constexpr Clock::time_point whole_microsecond(Clock::time_point at) {
    constexpr std::chrono::microseconds one(1);
    return at > Clock::time_point::max() - one ? at : std::chrono::ceil<std::chrono::microseconds>(at);
}

// Another time for one thread: one that stands still between two waits, so that what is recorded can be
// replayed exactly, or one that passes without waiting. Used by that thread only.
class ThreadTime {
  public:
    ThreadTime() = default;
    ThreadTime(const ThreadTime&) = delete;
    ThreadTime& operator=(const ThreadTime&) = delete;
    virtual ~ThreadTime() = default;

    // On the thread that it becomes the time of.
    virtual void begin() {}
    virtual Clock::time_point now() const = 0;
    // Where it stands still between two waits: what it is outside.
    virtual Clock::time_point outside() const { return now(); }
    // False at once when stop is requested.
    virtual bool sleep_until(Clock::time_point deadline, const std::stop_token& stop) = 0;
};

inline thread_local ThreadTime* own_time = nullptr;

inline Clock::time_point Clock::now() {
    return own_time == nullptr ? SystemClock::now() : own_time->now();
}

// While it lives, `time` is that of the calling thread.
class WithTime {
  public:
    explicit WithTime(ThreadTime& time) : before_(own_time) { own_time = &time; }
    WithTime(const WithTime&) = delete;
    WithTime& operator=(const WithTime&) = delete;
    ~WithTime() { own_time = before_; }

  private:
    ThreadTime* before_;
};

} // namespace gridbridge
