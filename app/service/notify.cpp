#include "app/service/notify.hpp"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdint>

namespace gridbridge {
namespace {

void send(const std::string& text) {
    static_cast<void>(sd_notify(0, text.c_str())); // nobody there to tell of a failure
}

// A line feed would begin another assignment.
std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < ' '; }, ' ');
    return text;
}

} // namespace

Notify::Notify() : is_heard_(sd_notify(0, "STATUS=starting") > 0) {
    std::uint64_t limit = 0; // us
    if (sd_watchdog_enabled(0, &limit) > 0) {
        feed_interval_ = std::chrono::microseconds(limit / 2);
    }
}

void Notify::ready(const std::string& status) {
    said_ = one_line(status);
    send("READY=1\nSTATUS=" + said_);
}

void Notify::reloading() {
    // Type=notify-reload wants the clock that is Clock here, in us (sd_notify(3)).
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch());
    send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
}

void Notify::stopping() {
    send("STOPPING=1\nSTATUS=stopping");
}

void Notify::status(const std::string& text) {
    if (const std::string line = one_line(text); line != said_) {
        said_ = line;
        send("STATUS=" + said_);
    }
}

void Notify::alive() {
    send("WATCHDOG=1");
}

} // namespace gridbridge
