#include "drivers/io/stop_wait.hpp"
#include "drivers/waist/handoff.hpp"
#include "drivers/waist/progress.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

TEST(Progress, StuckIsWhoIsNotBackLongAfterItsWait) {
    Progress progress;
    const auto now = Clock::now();
    progress.back_by(now + 30s);
    EXPECT_FALSE(progress.is_stuck(now + 45s, 15s)) << "a long wait that was announced";
    EXPECT_TRUE(progress.is_stuck(now + 46s, 15s));
    progress.back_by(now);
    EXPECT_TRUE(progress.is_stuck(now + 16s, 15s));
    progress.back_by(Clock::time_point::max());
    EXPECT_FALSE(progress.is_stuck(now + 1000h, 15s));
}

// A thread as the service runs them: it waits as drivers do, then blocks in something that knows no deadline.
TEST(Progress, AHeldThreadIsSeenAndAWaitingOneIsNot) {
    Progress progress;
    std::mutex holder;
    std::unique_lock held(holder);
    std::atomic<bool> waited = false;
    std::jthread thread([&](const std::stop_token& stop) {
        const Watched watched(progress);
        while (wait_until(Clock::now() + 10ms, stop) && !waited) {
        }
        const std::lock_guard lock(holder);
        Handoff handoff;
        handoff.take(Clock::now() + 1h, stop);
    });
    for (int i = 0; i < 50; ++i) {
        EXPECT_FALSE(progress.is_stuck(Clock::now(), 10s));
        std::this_thread::yield();
    }
    waited = true;
    while (!progress.is_stuck(Clock::now(), 100ms)) { // ends only because the thread is held
        std::this_thread::yield();
    }
    held.unlock();
    while (progress.is_stuck(Clock::now(), 100ms)) { // it waits in the hand-off, as announced
        std::this_thread::yield();
    }
}

TEST(Progress, ThreadsThatNobodyWatchesAreFree) {
    EXPECT_EQ(own_progress, nullptr);
    const WaitingUntil waiting(Clock::now());
    EXPECT_EQ(own_progress, nullptr);
}

} // namespace
} // namespace gridbridge
