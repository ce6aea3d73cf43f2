#include "mqtt/connection/link.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto no_jitter = [] { return 0.5; };

TEST(Link, ServersAreTriedInOrderThenAPause) {
    Link link(3, no_jitter);
    const Clock::time_point start{};
    EXPECT_EQ(link.due(start), 0U);
    EXPECT_EQ(link.due(start), std::nullopt) << "an attempt is under way";
    link.failed(start);
    EXPECT_EQ(link.due(start), 1U);
    link.failed(start);
    EXPECT_EQ(link.due(start), 2U);
    link.failed(start);
    EXPECT_EQ(link.due(start), std::nullopt);
    EXPECT_EQ(link.next(start), start + 250ms);
    EXPECT_EQ(link.due(start + 250ms), 0U);
}

TEST(Link, ThePauseGrowsWithTheOutageAndIsBounded) {
    Link link(1, no_jitter);
    Clock::time_point now{};
    ASSERT_TRUE(link.due(now));
    link.connected(now);
    EXPECT_TRUE(link.up());
    link.failed(now);
    EXPECT_FALSE(link.up());
    EXPECT_EQ(link.next(now), now + 250ms);
    now += 20s;
    ASSERT_TRUE(link.due(now));
    link.failed(now);
    EXPECT_EQ(link.next(now), now + 1250ms) << "a broker away for 20 s is found within 2 s";
    now += 24h;
    ASSERT_TRUE(link.due(now));
    link.failed(now);
    EXPECT_EQ(link.next(now), now + 30s);
}

TEST(Link, JitterSpreadsAFleet) {
    Link early(1, [] { return 0.0; });
    Link late(1, [] { return 1.0; });
    const Clock::time_point now{};
    early.due(now);
    late.due(now);
    early.failed(now);
    late.failed(now);
    EXPECT_EQ(early.next(now), now + 200ms);
    EXPECT_EQ(late.next(now), now + 300ms);
}

TEST(Link, AnAttemptThatNeverEndsCountsAsFailed) {
    Link link(2, no_jitter);
    const Clock::time_point start{};
    ASSERT_EQ(link.due(start), 0U);
    EXPECT_EQ(link.due(start + 59s), std::nullopt);
    EXPECT_EQ(link.due(start + 60s), 1U);
}

TEST(Link, ConnectionsThatKeepEndingSoonAreTakenForATakeOver) {
    Link link(1, no_jitter);
    Clock::time_point now{};
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(link.looks_taken_over());
        now = link.next(now);
        ASSERT_TRUE(link.due(now));
        link.connected(now);
        now += 2s;
        link.failed(now);
    }
    EXPECT_TRUE(link.looks_taken_over());
    EXPECT_EQ(link.next(now), now + 10s) << "the other client gets time to work";
    now += 10s;
    ASSERT_TRUE(link.due(now));
    link.connected(now);
    link.failed(now + 1h);
    EXPECT_FALSE(link.looks_taken_over());
    EXPECT_EQ(link.next(now + 1h), now + 1h + 250ms);
}

TEST(Link, ABrokerThatRestartsIsNotTakenForATakeOver) {
    Link link(1, no_jitter);
    Clock::time_point now{};
    for (int i = 0; i < 6; ++i) {
        now = link.next(now);
        ASSERT_TRUE(link.due(now));
        link.connected(now);
        now += 2s;
        link.failed(now);
        now = link.next(now);
        ASSERT_TRUE(link.due(now));
        link.failed(now); // nobody listens meanwhile
        EXPECT_FALSE(link.looks_taken_over());
    }
}

TEST(Link, CountsReconnects) {
    Link link(1, no_jitter);
    const Clock::time_point now{};
    link.due(now);
    link.connected(now);
    EXPECT_EQ(link.reconnects(), 0U);
    link.failed(now);
    link.due(now + 1s);
    link.connected(now);
    EXPECT_EQ(link.reconnects(), 1U);
}

} // namespace
} // namespace gridbridge
