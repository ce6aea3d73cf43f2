#include "app/service/notify.hpp"

#include "drivers/text/number.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string_view>

namespace gridbridge {
namespace {

// A line feed would begin another assignment.
std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < ' '; }, ' ');
    return text;
}

std::string_view variable(const char* name) {
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody sets one
    return value == nullptr ? std::string_view() : std::string_view(value);
}

// sd_watchdog_enabled(3).
std::optional<std::chrono::microseconds> watchdog_limit() {
    const std::string_view process = variable("WATCHDOG_PID");
    if (!process.empty() && process != std::to_string(::getpid())) {
        return std::nullopt;
    }
    const auto limit = parse_integer(variable("WATCHDOG_USEC"));
    return limit && *limit > 0 ? std::optional(std::chrono::microseconds(*limit)) : std::nullopt;
}

} // namespace

Notify::Notify() {
    // A path, or with `@` first a name in the abstract space, which begins with a zero byte.
    const std::string_view name = variable("NOTIFY_SOCKET");
    if (name.size() < 2 || name.size() >= sizeof address_.sun_path || (name[0] != '/' && name[0] != '@')) {
        return;
    }
    address_.sun_family = AF_UNIX;
    name.copy(address_.sun_path, name.size());
    const bool is_abstract = name[0] == '@';
    if (is_abstract) {
        address_.sun_path[0] = '\0';
    }
    address_size_ =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (is_abstract ? 0 : 1));
    socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    is_heard_ = send("STATUS=starting");
    if (const auto limit = watchdog_limit()) {
        feed_interval_ = *limit / 2;
    }
}

bool Notify::send(const std::string& lines) const {
    return socket_.is_open() && ::sendto(socket_.get(), lines.data(), lines.size(), MSG_NOSIGNAL,
                                         reinterpret_cast<const sockaddr*>(&address_), address_size_) >= 0;
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
