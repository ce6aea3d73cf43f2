// When to look at what may change at a meter while it is polled: a locked set-up, its front selector, its
// alarms. Pure: time is an argument.
#pragma once

#include "drivers/waist/clock.hpp"

namespace gridbridge {

class SettingsWatch {
  public:
    void meter_found(bool has_alarms);
    // The set-up is done: everything else is looked at from now on.
    void set_up(Clock::time_point now);

    // The set-up was compared. `locked`: the selector forbids writing. True: what it says is news.
    bool settings_checked(bool locked, Clock::time_point now);
    // Only a locked set-up is compared again.
    bool settings_are_due(Clock::time_point now) const { return locked_ && now >= settings_due_; }

    // Each is due; when it is, the next time is set.
    bool take_selector(Clock::time_point now);
    bool take_alarms(Clock::time_point now);
    void no_alarms() { alarms_due_ = Clock::time_point::max(); } // it has no such register

  private:
    bool locked_ = false;
    Clock::time_point settings_due_{};
    Clock::time_point selector_due_{};
    Clock::time_point alarms_due_ = Clock::time_point::max(); // far away: it has none
};

} // namespace gridbridge
