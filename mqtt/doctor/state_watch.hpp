// What the state and the counters of one meter tell: lost, locked, shared lines, clocks, known faults. Pure.
#pragma once

#include "mqtt/doctor/lasting.hpp"
#include "mqtt/outlet/finding.hpp"
#include "mqtt/outlet/meter.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

class StateWatch {
  public:
    // `wall`: ms since 1970 minus the steady clock's; nothing: not set.
    void take(const Reading& reading, std::optional<std::chrono::milliseconds> wall, Clock::time_point now);
    // Every few seconds, whether it is there or not.
    void look(const Meter& meter, const std::string& id, Clock::time_point now, std::vector<Finding>& out);

  private:
    void tell_presence(const Meter& meter, const std::string& id, Clock::time_point now,
                       std::vector<Finding>& out);
    void tell_line(const Meter& meter, const std::string& id, Clock::time_point now,
                   std::vector<Finding>& out);
    void tell_meter(const Meter& meter, const std::string& id, Clock::time_point now,
                    std::vector<Finding>& out);

    Lasting sum_differs_, clock_differs_;
    bool clock_is_off_ = false;
    std::chrono::seconds clock_offset_{0};
    RecentRise foreign_, reopened_, held_back_;
    std::optional<Clock::time_point> absent_since_;
};

} // namespace gridbridge
