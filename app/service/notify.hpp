// What the service manager is told, by the protocol of sd_notify(3): lines in one datagram to the socket that
// NOTIFY_SOCKET names. Without it nothing is said. libsystemd, which does the same, would take 0.9 MB for it.
#pragma once

#include "drivers/io/descriptor.hpp"
#include "drivers/waist/clock.hpp"

#include <sys/socket.h>
#include <sys/un.h>

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
    bool send(const std::string& lines) const;

    sockaddr_un address_{};
    socklen_t address_size_ = 0;
    Descriptor
        socket_; // open from the beginning: there may be no descriptor left when something must be said
    bool is_heard_ = false;
    std::optional<std::chrono::microseconds> feed_interval_;
    std::string said_;
};

} // namespace gridbridge
