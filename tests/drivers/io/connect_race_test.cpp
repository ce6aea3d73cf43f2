#include "drivers/io/connect_race.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(Interleaved, FamiliesTakeTurnsAndTheFirstStaysFirst) {
    EXPECT_THAT(interleaved({"2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2", "192.0.2.3"}, 16),
                ElementsAre("2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3"));
    EXPECT_THAT(interleaved({"192.0.2.1", "192.0.2.2", "2001:db8::1"}, 16),
                ElementsAre("192.0.2.1", "2001:db8::1", "192.0.2.2"));
    EXPECT_THAT(interleaved({"192.0.2.1", "192.0.2.2", "2001:db8::1"}, 2),
                ElementsAre("192.0.2.1", "2001:db8::1"));
    EXPECT_THAT(interleaved({}, 16), ElementsAre());
}

TEST(ConnectRace, AttemptsBegin250MsApart) {
    const Clock::time_point start{};
    ConnectRace race(3, start);
    EXPECT_EQ(race.begin(start), 0U);
    EXPECT_EQ(race.begin(start), std::nullopt);
    EXPECT_EQ(race.next_at(), start + 250ms);
    EXPECT_EQ(race.begin(start + 249ms), std::nullopt);
    EXPECT_EQ(race.begin(start + 250ms), 1U);
    EXPECT_EQ(race.begin(start + 600ms), 2U);
    EXPECT_EQ(race.next_at(), std::nullopt) << "all have begun";
    EXPECT_EQ(race.begin(start + 1h), std::nullopt);
    EXPECT_FALSE(race.is_lost());
}

TEST(ConnectRace, AFailureMakesTheNextBeginAtOnce) {
    const Clock::time_point start{};
    ConnectRace race(3, start);
    ASSERT_EQ(race.begin(start), 0U);
    race.failed(start + 10ms);
    EXPECT_EQ(race.next_at(), start + 10ms);
    EXPECT_EQ(race.begin(start + 10ms), 1U);
    EXPECT_EQ(race.next_at(), start + 260ms) << "the one after waits for its turn again";
    EXPECT_EQ(race.begin(start + 260ms), 2U);
    race.failed(start + 270ms);
    EXPECT_FALSE(race.is_lost()) << "one is under way";
    race.failed(start + 280ms);
    EXPECT_TRUE(race.is_lost());
}

TEST(ConnectRace, AddressesThatDoNotAnswerTakeTurnsAgain) {
    const Clock::time_point start{};
    ConnectRace race(2, start, 4);
    EXPECT_EQ(race.begin(start), 0U);
    EXPECT_EQ(race.begin(start + 250ms), 1U);
    EXPECT_EQ(race.next_at(), start + 1250ms);
    EXPECT_EQ(race.begin(start + 1249ms), std::nullopt);
    EXPECT_EQ(race.begin(start + 1250ms), 0U);
    EXPECT_EQ(race.begin(start + 2250ms), 1U);
    EXPECT_EQ(race.begin(start + 1h), std::nullopt);
}

TEST(ConnectRace, WhatHasFailedAtEachAddressIsNotTriedAgain) {
    const Clock::time_point start{};
    ConnectRace race(2, start, 16);
    ASSERT_EQ(race.begin(start), 0U);
    race.failed(start);
    ASSERT_EQ(race.begin(start), 1U);
    EXPECT_FALSE(race.is_lost());
    race.failed(start);
    EXPECT_TRUE(race.is_lost());
}

TEST(ConnectRace, WithoutAddressesIsLost) {
    EXPECT_TRUE(ConnectRace(0, {}).is_lost());
}

TEST(MoreTelling, WhatTheHostSaysBeatsWhatThisMachineLacks) {
    EXPECT_EQ(more_telling(0, ENETUNREACH), ENETUNREACH);
    EXPECT_EQ(more_telling(ENETUNREACH, ECONNREFUSED), ECONNREFUSED);
    EXPECT_EQ(more_telling(ECONNREFUSED, EADDRNOTAVAIL), ECONNREFUSED);
    EXPECT_EQ(more_telling(ETIMEDOUT, ENETUNREACH), ETIMEDOUT);
    EXPECT_EQ(more_telling(EHOSTUNREACH, ETIMEDOUT), ETIMEDOUT);
}

} // namespace
} // namespace gridbridge::test
