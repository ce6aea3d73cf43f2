// Counts the frames on a line that answer no request of ours, and answers that come too late. Pure.
#pragma once

#include "drivers/modbus/line/transport.hpp"
#include "drivers/waist/clock.hpp"

#include <array>
#include <chrono>

namespace gridbridge {

class ForeignTraffic {
  public:
    void foreign_frame(Clock::time_point now);
    void late_answer(Clock::duration taken, Clock::time_point now);
    // At every request, with the time it is given.
    void pass_time(Clock::time_point now, std::chrono::milliseconds timeout);

    // Counts, is_shared and advice.
    LineHealth health() const;

  private:
    // As many within a minute make a state, which ends ten minutes after the last one.
    struct Recent {
        static constexpr std::size_t enough = 3;
        std::array<Clock::time_point, enough> last{}; // oldest first
        std::uint64_t count = 0;
        bool holds = false;
        void add(Clock::time_point now);
        void pass_time(Clock::time_point now);
    };
    Recent foreign_;
    Recent late_;
    Clock::duration slowest_{};
    std::chrono::milliseconds timeout_{};
};

} // namespace gridbridge
