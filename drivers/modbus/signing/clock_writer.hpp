// When the clock of a meter is set, and to what. Pure but for the wall clock, which is a function given.
#pragma once

#include "drivers/modbus/signing/request_runner.hpp"
#include "drivers/waist/clock.hpp"
#include "drivers/waist/orders.hpp"

#include <optional>

namespace gridbridge {

class ClockWriter {
  public:
    // Without a wall clock, or before it is set, nothing is written. `utc_offset`: minutes; none: that of the
    // wall clock.
    ClockWriter(WallClock wall_clock, std::optional<int> utc_offset);

    void meter_found(Clock::time_point now);
    // Nothing: it is not due, or not known.
    std::optional<StepJob> time_write(Clock::time_point now) const;
    std::optional<StepJob> offset_write(Clock::time_point now) const; // follows the time
    void written(Clock::time_point now);
    // True: for the first time since the meter was found.
    bool refused(Clock::time_point now);

    // Before a transaction begins: its record would bear the wrong time.
    bool must_come_first() const { return !was_tried_ && wall_time(); }
    Clock::time_point due() const { return due_; }

  private:
    std::optional<WallTime> wall_time() const;

    const WallClock wall_clock_;
    const std::optional<int> utc_offset_;
    Clock::time_point due_{};
    bool was_tried_ = false;
};

} // namespace gridbridge
