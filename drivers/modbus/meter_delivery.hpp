// What one meter hands over: itself and, when its phase 2 is a device of its own, that one too.
#pragma once

#include "drivers/modbus/map/phase_use.hpp"
#include "drivers/waist/handoff.hpp"

#include <string>

namespace gridbridge {

// Lives on the thread of its bus driver.
class MeterDelivery {
  public:
    // `handoff` must outlive this. Phase 2 becomes channel 1 of the source.
    MeterDelivery(SourceId source, Handoff& handoff);

    void announce(const MeterInfo& info, bool with_second);
    void put(PhaseReadings readings, Clock::time_point received, const MeterCounters& counters);
    // Everything is unknown until the next reading, but the meter is there; its second device is not.
    void forget(const MeterCounters& counters);
    void lose(const std::string& reason, const MeterCounters& counters);
    void count(const MeterCounters& counters) { handoff_.count(source_, counters); }

  private:
    void lose_second(const std::string& reason, const MeterCounters& counters);

    const SourceId source_;
    const SourceId second_;
    Handoff& handoff_;
    bool second_is_there_ = false;
};

} // namespace gridbridge
