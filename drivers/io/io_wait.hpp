// Waiting for descriptors with a deadline and a stop request.
#pragma once

#include "drivers/io/descriptor.hpp"
#include "drivers/waist/clock.hpp"

#include <cstddef>
#include <span>
#include <stop_token>

namespace gridbridge {

enum class Ready : unsigned char { Yes, Deadline };

struct Watch {
    int fd = -1;
    short events = 0;   // POLLIN, POLLOUT
    bool ready = false; // has one of them, or is broken
};

// Lets a stop request end poll(2): a stop callback writes to an event descriptor.
class StopWait {
  public:
    explicit StopWait(const std::stop_token& stop);

    // Waits until `fd` has one of `events` (POLLIN, POLLOUT) or is broken. `fd` -1: only sleeps.
    // Throws Stopped.
    Ready until(Clock::time_point deadline, int fd = -1, short events = 0) const;

    // The same for at most `max_watched` descriptors at once: says of each whether it is ready.
    static constexpr std::size_t max_watched = 16;
    Ready until(Clock::time_point deadline, std::span<Watch> watched) const;

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
