// Whether a thread still makes progress: before each wait it says when it will be back. A thread that is not
// back long after that is stuck, and the watchdog of the service manager is fed no more.
#pragma once

#include "drivers/waist/clock.hpp"

#include <atomic>

namespace gridbridge {

// Of one thread. Any thread may look.
class Progress {
  public:
    void back_by(Clock::time_point time) { back_by_ = time.time_since_epoch().count(); }
    // Late by more than `grace`, which covers what a thread does between two waits.
    bool is_stuck(Clock::time_point now, Clock::duration grace) const {
        return (now - grace).time_since_epoch().count() > back_by_;
    }

  private:
    std::atomic<Clock::rep> back_by_{SystemClock::now().time_since_epoch().count()};
};

// The one of the calling thread; none on threads that nobody watches.
inline thread_local Progress* own_progress = nullptr;

// While it lives, the calling thread is watched.
class Watched {
  public:
    explicit Watched(Progress& progress) {
        progress.back_by(SystemClock::now());
        own_progress = &progress;
    }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    ~Watched() { own_progress = nullptr; }
};

// Around every wait of a watched thread that may be long.
class WaitingUntil {
  public:
    explicit WaitingUntil(Clock::time_point deadline) {
        if (own_progress != nullptr) {
            own_progress->back_by(deadline);
        }
    }
    WaitingUntil(const WaitingUntil&) = delete;
    WaitingUntil& operator=(const WaitingUntil&) = delete;
    ~WaitingUntil() {
        if (own_progress != nullptr) {
            own_progress->back_by(SystemClock::now());
        }
    }
};

} // namespace gridbridge
