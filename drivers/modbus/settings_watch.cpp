#include "drivers/modbus/settings_watch.hpp"

#include <chrono>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto locked_recheck = 5s;
constexpr auto selector_recheck = 4s;
constexpr auto alarms_recheck = 10s;

} // namespace

void SettingsWatch::meter_found(bool has_alarms) {
    alarms_due_ = has_alarms ? Clock::time_point{} : Clock::time_point::max();
}

void SettingsWatch::set_up(Clock::time_point now) {
    selector_due_ = now + selector_recheck;
    if (alarms_due_ != Clock::time_point::max()) {
        alarms_due_ = now;
    }
}

bool SettingsWatch::settings_checked(bool locked, Clock::time_point now) {
    settings_due_ = now + locked_recheck;
    const bool was_locked = std::exchange(locked_, locked);
    return !locked || !was_locked;
}

bool SettingsWatch::take_selector(Clock::time_point now) {
    if (now < selector_due_) {
        return false;
    }
    selector_due_ = now + selector_recheck;
    return true;
}

bool SettingsWatch::take_alarms(Clock::time_point now) {
    if (now < alarms_due_) {
        return false;
    }
    alarms_due_ = now + alarms_recheck;
    return true;
}

} // namespace gridbridge
