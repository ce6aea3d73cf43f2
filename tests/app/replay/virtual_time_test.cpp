// Threads in a time that passes by itself.
#include "app/replay/virtual_time.hpp"

#include "drivers/io/stop_wait.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

const Clock::time_point start{100h};

struct Happened {
    std::string who;
    Clock::duration after;
    bool operator==(const Happened&) const = default;
};

TEST(VirtualTime, AllHappensInItsOrderAndAtOnce) {
    std::vector<Happened> happened;
    const auto real = SystemClock::now();
    {
        VirtualTime time(start);
        EXPECT_EQ(Clock::now(), start) << "the thread that made it is in it";
        const auto every = [&](std::string who, Clock::duration period) {
            time.add([&happened, who = std::move(who), period](const std::stop_token& stop) {
                for (auto at = start + period; wait_until(at, stop); at += period) {
                    happened.push_back({who, Clock::now() - start});
                }
            });
        };
        every("hours", 1h);
        every("twice", 30min);
        time.run(start + 150min, [&](Clock::time_point now) {
            if (now == start + 45min) {
                happened.push_back({"step", now - start});
            }
            return now < start + 45min ? start + 45min : Clock::time_point::max();
        });
        EXPECT_EQ(Clock::now(), start + 150min);
    }
    const std::vector<Happened> expected{{"twice", 30min}, {"step", 45min},  {"hours", 60min},
                                         {"twice", 60min}, {"twice", 90min}, {"hours", 120min},
                                         {"twice", 120min}};
    EXPECT_EQ(happened, expected);
    EXPECT_LT(SystemClock::now() - real, 20s);
    EXPECT_GE(Clock::now(), real) << "and out of it again";
}

TEST(VirtualTime, EndsWhenAllHaveEnded) {
    VirtualTime time(start);
    int worked = 0;
    time.add([&](const std::stop_token& stop) {
        wait_until(start + 1h, stop);
        ++worked;
    });
    time.run(start + 24h, [](Clock::time_point) { return Clock::time_point::max(); });
    EXPECT_EQ(worked, 1);
    EXPECT_EQ(time.now(), start + 24h);
}

// Also when a thread takes it that goes to sleep; the thread can be stopped all the same.
TEST(VirtualTime, WhatAStepThrowsIsThrownByRun) {
    VirtualTime time(start);
    bool was_stopped = false;
    time.add([&](const std::stop_token& stop) {
        wait_until(start + 1h, stop);
        was_stopped = !wait_until(start + 1000h, stop);
    });
    const auto fail_at_one = [](Clock::time_point now) {
        if (now == start + 1h) {
            throw std::runtime_error("one");
        }
        return Clock::time_point::max();
    };
    EXPECT_THROW(time.run(start + 24h, fail_at_one), std::runtime_error);
    EXPECT_EQ(Clock::now(), start + 1h);
    time.stop();
    EXPECT_TRUE(was_stopped);
}

TEST(VirtualTime, GoesOnWhereARunEnded) {
    VirtualTime time(start);
    std::vector<Clock::duration> woke;
    time.add([&](const std::stop_token& stop) {
        for (auto at = start + 1h; wait_until(at, stop); at += 1h) {
            woke.push_back(Clock::now() - start);
        }
    });
    const auto never = [](Clock::time_point) { return Clock::time_point::max(); };
    time.run(start + 90min, never);
    EXPECT_EQ(woke, std::vector<Clock::duration>{1h});
    time.run(start + 200min, never);
    EXPECT_EQ(woke, (std::vector<Clock::duration>{1h, 2h, 3h}));
}

TEST(VirtualTime, StopsWhoSleepsAndWhoWasNeverStarted) {
    VirtualTime time(start);
    bool was_stopped = false;
    time.add([&](const std::stop_token& stop) { was_stopped = !wait_until(start + 1000h, stop); });
    time.stop();
    EXPECT_TRUE(was_stopped);
}

} // namespace
} // namespace gridbridge
