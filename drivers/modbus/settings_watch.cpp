#include "drivers/modbus/settings_watch.hpp"

#include <chrono>
#include <cstdint>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds locked_recheck = 5s;
constexpr std::chrono::milliseconds recheck = 50s; // of every register
constexpr std::chrono::milliseconds patience = 8s; // for a moment when the line is idle
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

bool SettingsWatch::settings_checked(bool locked, std::size_t settings, Clock::time_point now) {
    settings_ = settings;
    settings_due_ =
        now + (locked || settings == 0 ? locked_recheck : recheck / static_cast<std::int64_t>(settings));
    const bool was_locked = std::exchange(locked_, locked);
    return !locked || !was_locked;
}

std::optional<std::size_t> SettingsWatch::take_setting(Clock::time_point now, bool is_idle) {
    if (locked_ || settings_ == 0) {
        return std::nullopt;
    }
    const auto count = static_cast<std::int64_t>(settings_);
    if (now < settings_due_ || (!is_idle && now < settings_due_ + patience / count)) {
        return std::nullopt;
    }
    settings_due_ = now + recheck / count;
    return next_setting_++ % settings_;
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
