#include "drivers/io/stoppable_io.hpp"

#include "drivers/io/link_lost.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gridbridge {
namespace {

constexpr std::chrono::milliseconds nap(500);
constexpr std::chrono::milliseconds overslept(1500);

bool is_only_not_ready(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

// A closed connection is an error here, not a signal.
ssize_t send_some(int fd, std::span<const std::uint8_t> bytes) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent < 0 && errno == ENOTSOCK ? ::write(fd, bytes.data(), bytes.size()) : sent;
}

} // namespace

void refuse_if_overslept(Clock::time_point expected) {
    const auto now = own_time == nullptr ? SystemClock::now() : own_time->outside();
    const auto late = now - expected;
    if (late > overslept) {
        throw LinkLost("this program did not run for " +
                       std::to_string(std::chrono::duration_cast<std::chrono::seconds>(late).count()) +
                       " s: what was sent to it meanwhile is too old");
    }
}

// Whether the descriptor is ready; false at the deadline or on stop. Waits in short naps: a longer one was no
// nap but a paused machine, and what is readable then may be as old.
bool StoppableIo::waits(int fd, short events, Clock::time_point deadline, const std::stop_token& stop) {
    if (!wait_ || wait_->stop() != stop) {
        wait_.emplace(stop);
    }
    // A deadline that had passed when the caller asked is no pause: it stood since before the link was lost.
    const auto due = std::max(deadline, Clock::now());
    try {
        for (;;) {
            const auto nap_end = std::min(due, SystemClock::now() + nap);
            const Ready ready = wait_->until(nap_end, fd, events);
            refuse_if_overslept(nap_end);
            if (ready == Ready::Yes || SystemClock::now() >= deadline) {
                return ready == Ready::Yes;
            }
        }
    } catch (const Stopped&) {
        return false;
    }
}

IoResult StoppableIo::read(int fd, std::span<std::uint8_t> buffer, Clock::time_point deadline,
                           const std::stop_token& stop) {
    do {
        const auto before = SystemClock::now();
        const ssize_t size = ::read(fd, buffer.data(), buffer.size());
        if (size > 0) {
            refuse_if_overslept(before);
            return {static_cast<std::size_t>(size), 0, false};
        }
        if (size == 0) {
            return {0, 0, true};
        }
        if (!is_only_not_ready(errno)) {
            return {0, errno, false};
        }
    } while (waits(fd, POLLIN, deadline, stop));
    return {};
}

IoResult StoppableIo::write(int fd, std::span<const std::uint8_t> bytes, Clock::time_point deadline,
                            const std::stop_token& stop) {
    IoResult result;
    while (result.size < bytes.size()) {
        const ssize_t sent = send_some(fd, bytes.subspan(result.size));
        if (sent >= 0) {
            result.size += static_cast<std::size_t>(sent);
        } else if (!is_only_not_ready(errno)) {
            result.error = errno;
            break;
        } else if (!waits(fd, POLLOUT, deadline, stop)) {
            break;
        }
    }
    return result;
}

} // namespace gridbridge
