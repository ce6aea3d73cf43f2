#include "drivers/demand/peak_alarm.hpp"

#include "drivers/demand/units.hpp"

#include <algorithm>
#include <array>

namespace gridbridge {
namespace {

// Two means of the power judge, each when the breach it would bring is near: a kettle early in the interval
// alarms nobody, and what is switched on late is seen at once. Found with simulated houses (peak_alarm_test).
struct Judge {
    double window;  // s of the mean
    double warn_at; // s before the breach
};
constexpr std::array judges{Judge{300, 300}, Judge{10, 240}};
constexpr double release = 0.95; // of the limit

} // namespace

DemandAlarm PeakAlarm::take(double kwh, double elapsed, double length, const RecentPower& power) {
    const double allowed = limit_ * length;
    const double used = kwh * joules_per_kwh;
    const double rest = std::max(length - elapsed, 0.0);
    if (used > allowed) {
        level_ = DemandAlarm::Exceeded;
        return level_;
    }
    bool is_near = false;
    double highest = 0; // that the interval may end with
    for (const Judge& judge : judges) {
        const auto watts = power.mean(judge.window);
        if (!watts) {
            return level_;
        }
        const double end = used + *watts * rest;
        is_near |= end > allowed && allowed - used < *watts * judge.warn_at;
        highest = std::max(highest, end);
    }
    if (is_near) {
        level_ = DemandAlarm::Warning;
    } else if (highest < release * allowed) {
        level_ = DemandAlarm::Ok;
    }
    return level_;
}

} // namespace gridbridge
