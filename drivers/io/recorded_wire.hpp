// A wire that tells what passes on it, and the time of a driver whose wire is recorded.
#pragma once

#include "drivers/io/wire.hpp"
#include "drivers/io/wire_event.hpp"
#include "drivers/waist/clock.hpp"

#include <chrono>
#include <memory>
#include <string_view>

namespace gridbridge {

// Stands still between two waits: all that a driver does in between happens at one time, which is recorded
// with what it had waited for. So the same bytes at the same times give the same values again.
class SteppedTime final : public ThreadTime {
  public:
    // A wait that ends later than this is told; one that ends sooner ends at its deadline.
    static constexpr std::chrono::milliseconds forgiven{2};

    explicit SteppedTime(WireTap tap);

    void begin() override { step(); }
    Clock::time_point now() const override { return now_; }
    Clock::time_point outside() const override { return SystemClock::now(); }
    bool sleep_until(Clock::time_point deadline, const std::stop_token& stop) override;

    // It is now: no wait was limited.
    void step();
    // Something has come in a wait until `deadline`; by how many us it was over then, as WireEvent has it.
    int step_within(Clock::time_point deadline);
    // Nothing has come until the deadline. `text`: of the event that it was later. A look for bytes may have
    // the deadline of the sleep before it, and which of them was late decides what the driver does between.
    void waited_until(Clock::time_point deadline, std::string_view text = {});

  private:
    Clock::time_point due_at(Clock::time_point deadline) const;
    int step_past(Clock::time_point due, Clock::time_point real);

    WireTap tap_;
    Clock::time_point now_ = Clock::time_point::min();
};

// Forwards to `wire`. `time` is that of the thread that uses it, and outlives it; null: its time stands still
// while it does not sleep.
std::unique_ptr<Wire> make_recorded_wire(std::unique_ptr<Wire> wire, SteppedTime* time, WireTap tap);

} // namespace gridbridge
