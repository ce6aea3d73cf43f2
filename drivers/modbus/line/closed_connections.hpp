// How a peer closes TCP connections, and what can be done about it. Pure.
#pragma once

#include "drivers/waist/clock.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace gridbridge {

class ClosedConnections {
  public:
    void opened() { answers_ = 0; }
    void answered(Clock::time_point now);
    // Nobody was asked for a while: many close then.
    void closed(Clock::time_point now);
    std::uint64_t answers() const { return answers_; } // of this connection

    std::string reason() const; // for the error: what the peer did
    std::string advice() const; // empty: nothing, or it closes when it is idle

  private:
    std::uint64_t answers_ = 0;
    std::uint64_t most_answers_ = 0; // of those it has closed in a row
    Clock::time_point last_answer_{};
    Clock::time_point last_closed_{};
    int in_a_row_ = 0;
};

} // namespace gridbridge
