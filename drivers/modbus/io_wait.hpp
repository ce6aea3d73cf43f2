// Waiting for a descriptor with a deadline and a stop request. Used by the I/O files of this folder only.
#pragma once

#include "drivers/descriptor.hpp"
#include "drivers/reading.hpp"

#include <functional>
#include <stop_token>

namespace gridbridge {

enum class Ready : unsigned char { Yes, Deadline };

// Lets a stop request end poll(2): a stop callback writes to an event descriptor.
class StopWait {
  public:
    explicit StopWait(const std::stop_token& stop);

    // Waits until `fd` has one of `events` (POLLIN, POLLOUT) or is broken. `fd` -1: only sleeps.
    // Throws Stopped.
    Ready until(Clock::time_point deadline, int fd = -1, short events = 0) const;

    const std::stop_token& stop() const { return stop_; }

  private:
    struct Signal {
        int fd;
        void operator()() const noexcept;
    };

    std::stop_token stop_;
    Descriptor event_;
    std::stop_callback<Signal> callback_;
};

} // namespace gridbridge
