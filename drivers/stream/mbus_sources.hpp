// The meters behind a P1 meter as sources of their own.
#pragma once

#include "drivers/handoff.hpp"
#include "drivers/stream/mbus.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gridbridge {

// Announces, hands over and loses them: channels 1..4 of the source of `meter`. Used by one thread; `handoff`
// must outlive it.
class MbusSources {
  public:
    MbusSources(std::uint16_t meter, Handoff& handoff) : meter_(meter), handoff_(handoff) {}

    // What a telegram says of them. A device it has no valid reading of is lost.
    void serve(std::vector<MbusDevice> devices, Clock::time_point received, const MeterCounters& counters);
    // With their meter.
    void lose(const std::string& reason, const MeterCounters& counters);

  private:
    std::uint16_t meter_;
    Handoff& handoff_;
    std::map<std::uint16_t, MeterInfo> announced_; // since the last loss, by channel
};

} // namespace gridbridge
