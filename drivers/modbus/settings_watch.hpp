// When to look at what may change at a meter while it is polled: its settings, one after the other, a locked
// set-up, its front selector, its alarms. Pure: time is an argument.
#pragma once

#include "drivers/waist/clock.hpp"

#include <cstddef>
#include <optional>

namespace gridbridge {

class SettingsWatch {
  public:
    void meter_found(bool has_alarms);
    // The set-up is done: everything else is looked at from now on.
    void set_up(Clock::time_point now);

    // The set-up of `settings` registers was compared. `locked`: the selector forbids writing. True: what it
    // says is news.
    bool settings_checked(bool locked, std::size_t settings, Clock::time_point now);
    bool locked_settings_are_due(Clock::time_point now) const { return locked_ && now >= settings_due_; }
    // Of one that is not locked: which register to read, each within a minute. `is_idle`: the line has time
    // for it now; without that it comes a little later.
    std::optional<std::size_t> take_setting(Clock::time_point now, bool is_idle);

    // Each is due; when it is, the next time is set.
    bool take_selector(Clock::time_point now);
    bool take_alarms(Clock::time_point now);
    void no_alarms() { alarms_due_ = Clock::time_point::max(); } // it has no such register

  private:
    bool locked_ = false;
    std::size_t settings_ = 0;
    std::size_t next_setting_ = 0;
    Clock::time_point settings_due_{};
    Clock::time_point selector_due_{};
    Clock::time_point alarms_due_ = Clock::time_point::max(); // far away: it has none
};

} // namespace gridbridge
