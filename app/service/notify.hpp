// What the service manager is told (sd_notify(3)). Without NOTIFY_SOCKET nothing is said.
#pragma once

#include "drivers/waist/clock.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace gridbridge {

// Main thread only.
class Notify {
  public:
    Notify();

    void ready(const std::string& status); // at the start, and again after reloading()
    void reloading();
    void stopping();
    void status(const std::string& text);
    void alive(); // feeds the watchdog

    bool is_heard() const { return is_heard_; }
    // Half of the time after which the service manager restarts a silent service; nothing: it does not watch.
    std::optional<std::chrono::microseconds> feed_interval() const { return feed_interval_; }

  private:
    bool is_heard_;
    std::optional<std::chrono::microseconds> feed_interval_;
    std::string said_;
};

} // namespace gridbridge
