#include "app/service/signals.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>

namespace gridbridge {
namespace {

sigset_t waited_for() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

} // namespace

void block_signals() {
    const sigset_t set = waited_for();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
}

Signal wait_for_signal(std::optional<Clock::time_point> limit) {
    const sigset_t set = waited_for();
    for (;;) {
        const auto left = limit ? std::max(Clock::duration(0), *limit - Clock::now())
                                : Clock::duration(std::chrono::hours(1));
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
        const timespec wait{static_cast<time_t>(seconds.count()),
                            static_cast<long>(std::chrono::nanoseconds(left - seconds).count())};
        const int signal = sigtimedwait(&set, nullptr, &wait);
        if (signal == SIGHUP) {
            return Signal::Reload;
        }
        if (signal > 0) {
            return Signal::Terminate;
        }
        if (limit && Clock::now() >= *limit) {
            return Signal::TimeUp;
        }
    }
}

void raise_terminate() {
    static_cast<void>(::kill(::getpid(), SIGTERM));
}

void raise_reload() {
    static_cast<void>(::kill(::getpid(), SIGHUP));
}

} // namespace gridbridge
