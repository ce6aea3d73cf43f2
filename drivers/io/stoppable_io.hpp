// Reading and writing a descriptor with a deadline and a stop request.
#pragma once

#include "drivers/io/io_wait.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>

namespace gridbridge {

// Throws LinkLost when it is long after `expected`: this process did not run, or was held up, and what can be
// read now may have waited as long.
void refuse_if_overslept(Clock::time_point expected);

struct IoResult {
    std::size_t size = 0;   // bytes read or written
    int error = 0;          // errno value
    bool has_ended = false; // the other side closed
};

// For one non-blocking descriptor at a time: tty or socket. Used by one thread. Neither call throws Stopped;
// both throw LinkLost when there is no descriptor left to wait with, and when this process did not run for a
// while: what is readable then may be as old.
class StoppableIo {
  public:
    // Waits for the first byte. Size 0 without error or end: the deadline passed or stop was requested.
    IoResult read(int fd, std::span<std::uint8_t> buffer, Clock::time_point deadline,
                  const std::stop_token& stop);
    // Until all is written, the deadline passed or stop was requested.
    IoResult write(int fd, std::span<const std::uint8_t> bytes, Clock::time_point deadline,
                   const std::stop_token& stop);

  private:
    bool waits(int fd, short events, Clock::time_point deadline, const std::stop_token& stop);

    std::optional<StopWait> wait_; // kept: callers pass the same token over and over
};

} // namespace gridbridge
