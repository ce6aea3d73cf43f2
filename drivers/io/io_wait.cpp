#include "drivers/io/io_wait.hpp"

#include "drivers/io/link_lost.hpp"
#include "drivers/waist/progress.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <ctime>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace gridbridge {

void StopWait::Signal::operator()() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
}

StopWait::StopWait(const std::stop_token& stop)
    : stop_(stop), event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), callback_(stop, Signal{event_.get()}) {
    if (event_.get() < 0) {
        throw LinkLost("no descriptor left to wait with");
    }
}

Ready StopWait::until(Clock::time_point deadline, int fd, short events) const {
    Watch one{fd, events};
    return until(deadline, std::span(&one, 1));
}

Ready StopWait::until(Clock::time_point deadline, std::span<Watch> watched) const {
    const WaitingUntil waiting(deadline);
    std::array<pollfd, max_watched + 1> polled{};
    polled[0] = {event_.get(), POLLIN, 0};
    const std::size_t count = std::min(watched.size(), max_watched);
    for (std::size_t i = 0; i < count; ++i) {
        polled.at(i + 1) = {watched[i].fd, watched[i].events, 0};
    }
    while (true) {
        using namespace std::chrono;
        const auto left = std::max(duration_cast<nanoseconds>(deadline - SystemClock::now()), nanoseconds(0));
        const auto whole = duration_cast<seconds>(left);
        const timespec limit{static_cast<time_t>(whole.count()), static_cast<long>((left - whole).count())};
        const int ready = ::ppoll(polled.data(), count + 1, &limit, nullptr);
        if (polled[0].revents != 0) {
            throw Stopped();
        }
        if (ready < 0 && errno != EINTR) {
            throw LinkLost("cannot wait for the line");
        }
        for (std::size_t i = 0; i < count && ready >= 0; ++i) {
            watched[i].ready = polled.at(i + 1).revents != 0;
        }
        if (ready >= 0) {
            return ready > 0 ? Ready::Yes : Ready::Deadline;
        }
    }
}

} // namespace gridbridge
