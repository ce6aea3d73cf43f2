// Threads that nobody waits for: what they wait for cannot be interrupted.
#pragma once

#include <csignal>
#include <thread>
#include <utility>

#include <pthread.h>

namespace gridbridge {

// Runs `work` on a thread of its own, which may outlive whoever started it: `work` owns what it needs. No
// signal is delivered to it; whenever it is started, they are for the main thread. Throws std::system_error
// when the system has no thread left.
template <typename Work>
void run_detached(Work work) {
    struct Blocked {
        Blocked() {
            sigset_t all;
            sigfillset(&all);
            ::pthread_sigmask(SIG_BLOCK, &all, &before);
        }
        Blocked(const Blocked&) = delete;
        Blocked& operator=(const Blocked&) = delete;
        ~Blocked() { ::pthread_sigmask(SIG_SETMASK, &before, nullptr); }
        sigset_t before{};
    };
    const Blocked blocked; // the new thread inherits it
    std::thread(std::move(work)).detach();
}

} // namespace gridbridge
