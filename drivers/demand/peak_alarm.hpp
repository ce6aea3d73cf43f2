// Whether the running interval will end above its limit. Pure.
#pragma once

#include "drivers/demand/recent_power.hpp"

#include <cstdint>
#include <optional>

namespace gridbridge {

// Numbered as Venus numbers alarms.
enum class DemandAlarm : std::uint8_t { Ok, Warning, Exceeded };

class PeakAlarm {
  public:
    explicit PeakAlarm(double limit_watts) : limit_(limit_watts) {}

    // `kwh`: of the running interval, `elapsed` of `length` s.
    DemandAlarm take(double kwh, double elapsed, double length, const RecentPower& power);
    // Another interval begins.
    void begin() { level_ = DemandAlarm::Ok; }

  private:
    double limit_; // W
    DemandAlarm level_ = DemandAlarm::Ok;
};

} // namespace gridbridge
