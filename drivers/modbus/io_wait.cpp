#include "drivers/modbus/io_wait.hpp"

#include "drivers/modbus/transport.hpp"
#include "drivers/progress.hpp"

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
    const WaitingUntil waiting(deadline);
    std::array<pollfd, 2> watched{{{event_.get(), POLLIN, 0}, {fd, events, 0}}};
    while (true) {
        using namespace std::chrono;
        const auto left = std::max(duration_cast<nanoseconds>(deadline - Clock::now()), nanoseconds(0));
        const auto whole = duration_cast<seconds>(left);
        const timespec limit{static_cast<time_t>(whole.count()), static_cast<long>((left - whole).count())};
        const int ready = ::ppoll(watched.data(), watched.size(), &limit, nullptr);
        if (watched[0].revents != 0) {
            throw Stopped();
        }
        if (ready > 0) {
            return Ready::Yes;
        }
        if (ready == 0) {
            return Ready::Deadline;
        }
        if (errno != EINTR) {
            throw LinkLost("cannot wait for the line");
        }
    }
}

} // namespace gridbridge
