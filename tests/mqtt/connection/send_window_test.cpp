#include "mqtt/connection/send_window.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point start{1000s};

TEST(SendWindow, ALineThatKeepsUpIsNotLimited) {
    SendWindow window;
    std::uint64_t position = 0;
    for (auto now = start; now < start + 5s; now += 10ms) {
        EXPECT_GE(window.allowance(now), 5000U);
        window.observe({position + 5000, position, 0}, now);
        position += 5000;
        window.observe({position, position, 0}, now + 1ms);
        EXPECT_EQ(window.age(now + 1ms), 0ms);
    }
    EXPECT_GE(window.allowance(start + 5s), 500000U) << "what it carries in a second may be under way";
}

TEST(SendWindow, NothingMoreGoesToALineThatDoesNotMove) {
    SendWindow window;
    window.observe({800, 0, 0}, start);
    window.observe({1600, 0, 0}, start + 300ms);
    EXPECT_EQ(window.age(start + 900ms), 900ms);
    window.observe({1600, 0, 0}, start + 1100ms);
    EXPECT_EQ(window.allowance(start + 1100ms), 0U);
    window.observe({1600, 800, 0}, start + 1200ms); // the older half has arrived
    EXPECT_EQ(window.age(start + 1200ms), 900ms);
    window.observe({1600, 1600, 0}, start + 1300ms);
    EXPECT_EQ(window.age(start + 1300ms), 0ms);
    EXPECT_GT(window.allowance(start + 1300ms), 0U);
}

// Two readings of the kernel make a backlog: one that said too much of what was sent must not stay.
TEST(SendWindow, WhereAllIsAcknowledgedNothingIsOld) {
    SendWindow window;
    window.observe({1600, 800, 0}, start); // 800 were sent, and are acknowledged
    window.observe({800, 800, 0}, start + 2s);
    EXPECT_EQ(window.age(start + 2s), 0ms);
    EXPECT_GT(window.allowance(start + 2s), 0U);
    window.observe({1200, 800, 0}, start + 3s);
    EXPECT_EQ(window.age(start + 3500ms), 500ms) << "what is sent next is seen";
}

TEST(SendWindow, MessagesThatTheClientCannotHandOverCountToo) {
    SendWindow window;
    window.observe({0, 0, 3}, start);
    window.observe({0, 0, 9}, start + 700ms);
    EXPECT_EQ(window.age(start + 700ms), 700ms);
    window.observe({0, 0, 9}, start + 1001ms);
    EXPECT_EQ(window.allowance(start + 1001ms), 0U);
    window.observe({0, 0, 0}, start + 1010ms);
    EXPECT_EQ(window.age(start + 1010ms), 0ms);
}

// It has something in it whenever it is looked at, on a busy machine.
TEST(SendWindow, AClientThatIsBusyAllTheTimeIsNotStuck) {
    SendWindow window;
    std::uint64_t sent = 0;
    auto now = start;
    for (int round = 0; round < 1000; ++round, now += 10ms) {
        window.handed_over(now);
        window.handed_over(now);
        sent += round < 20 ? 0 : 200; // two messages a round, twenty rounds behind
        window.observe({sent, sent, static_cast<std::size_t>(std::min(round + 1, 20) * 2)}, now);
        ASSERT_LE(window.age(now), 250ms) << round;
        ASSERT_FALSE(window.is_hopeless(now));
    }
    const auto stuck = now;
    for (; now < stuck + 5s; now += 100ms) {
        window.observe({sent, sent, 40}, now);
    }
    EXPECT_TRUE(window.is_hopeless(now)) << "now it is";
}

TEST(SendWindow, ABrokerThatOwesAnAnswerGetsNothingMore) {
    SendWindow window;
    window.await_echo(start);
    window.observe({100, 100, 0}, start + 900ms);
    EXPECT_GT(window.allowance(start + 900ms), 0U);
    EXPECT_EQ(window.allowance(start + 1001ms), 0U);
    EXPECT_EQ(window.echo_lag(start + 1001ms), 1001ms);
    window.await_echo(std::nullopt);
    EXPECT_GT(window.allowance(start + 1002ms), 0U);
}

// A simulated line of some bytes per second: what is handed over leaves within about the bound, and the line
// is used. The first burst meets a line that nobody knows; the connection is closed then, and the next one
// starts slowly.
TEST(SendWindow, NothingWaitsLongOnASlowLine) {
    for (const double rate : {200.0, 1000.0, 20000.0, 1000000.0}) {
        SendWindow window;
        double sent = 0;
        double acknowledged = 0;
        double carried = 0;
        int closed = 0;
        Clock::duration oldest{};
        for (auto now = start; now < start + 120s; now += 50ms) {
            const double moved = std::min(sent - acknowledged, rate * 0.05);
            acknowledged += moved;
            carried += moved;
            const auto observe = [&] {
                window.observe(
                    {static_cast<std::uint64_t>(sent), static_cast<std::uint64_t>(acknowledged), 0}, now);
            };
            observe();
            if (window.is_hopeless(now)) {
                ++closed;
                window.reset();
                sent = acknowledged = 0;
            }
            sent +=
                std::min(8000.0, static_cast<double>(window.allowance(now))); // there is always more to say
            observe();
            oldest = std::max(oldest, now < start + 30s ? Clock::duration{} : window.age(now));
        }
        EXPECT_LE(closed, 1) << rate << " bytes/s";
        EXPECT_LE(oldest, 3s) << rate << " bytes/s";
        EXPECT_GE(carried, 0.5 * std::min(rate, 160000.0) * 110) << rate << " bytes/s";
    }
}

// For ten seconds after a moment of standstill a house with several meters would say a few values per second.
TEST(SendWindow, ALineThatOnlyStoodStillHasItsWidthBackAtOnce) {
    SendWindow window;
    std::uint64_t position = 5000;
    window.observe({position, 0, 0}, start);
    auto now = start + 2s;
    window.observe({position, 0, 0}, now);
    window.observe({position, position, 0}, now); // it moves again
    const auto end = now + 500ms;
    for (; now < end; now += 5ms) {
        const std::uint64_t more = window.allowance(now); // there is always more to say
        window.observe({position + more, position, 0}, now);
        position += more;
        window.observe({position, position, 0}, now + 2ms);
    }
    EXPECT_GE(window.allowance(now), 65536U);
}

TEST(SendWindow, ALineThatRecoversIsNoLongerLimited) {
    SendWindow window;
    window.observe({5000, 0, 0}, start);
    window.observe({5000, 0, 0}, start + 2s);
    EXPECT_EQ(window.allowance(start + 2s), 0U);
    for (auto now = start + 3s; now < start + 20s; now += 100ms) {
        window.observe({5000, 5000, 0}, now);
    }
    EXPECT_GE(window.allowance(start + 20s), 8000U);
    window.reset();
    EXPECT_EQ(window.age(start + 20s), 0s);
}

} // namespace
} // namespace gridbridge
