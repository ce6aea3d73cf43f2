#include "drivers/modbus/meter_presence.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point now{1h};
constexpr auto stale_after = 5s;

TEST(MeterPresence, LooksForALostMeterMoreAndMoreRarely) {
    MeterPresence presence(stale_after, 1s);
    auto at = now;
    for (const auto pause : {1s, 2s, 5s, 10s, 30s, 30s}) {
        presence.attempt(at);
        presence.lose("not found: no answer", at);
        EXPECT_EQ(presence.retry_at(false), at + pause);
        EXPECT_EQ(presence.retry_at(true), at + std::min<std::chrono::seconds>(pause, 2s));
        at += pause;
    }
    presence.link_lost();
    EXPECT_EQ(presence.retry_at(false), Clock::time_point{});
    presence.lose("not found: no answer", at);
    EXPECT_EQ(presence.retry_at(false), at + 1s);
}

// Haste ends when another meter of the line is back.
TEST(MeterPresence, HasteDoesNotMakeThePauseLongerThanTheOutage) {
    MeterPresence presence(stale_after, 1s);
    for (auto at = now; at <= now + 8s; at += 2s) {
        presence.attempt(at);
        presence.lose("not found: no answer", at);
    }
    EXPECT_LE(presence.retry_at(false), now + 20s) << "1, 2, 5 and 10 s";
    presence.found(now + 9s, now + 9s);
    presence.delivered(now + 9s);
    presence.lose("lost: no answer", now + 10s);
    EXPECT_EQ(presence.retry_at(false), now + 11s);
}

TEST(MeterPresence, HasteIsOfNoUseWithAMeterThatIsRefused) {
    MeterPresence presence(stale_after, 1s);
    auto at = now;
    presence.attempt(at);
    for (const auto pause : {1s, 2s, 5s}) {
        presence.lose("why", at);
        at += pause;
    }
    presence.refuse();
    EXPECT_EQ(presence.retry_at(true), at);
    presence.attempt(at);
    EXPECT_EQ(presence.retry_at(true), at);
}

TEST(MeterPresence, AReasonIsNewsOnce) {
    MeterPresence presence(stale_after, 1s);
    EXPECT_TRUE(presence.lose("a", now));
    EXPECT_FALSE(presence.lose("a", now));
    EXPECT_TRUE(presence.lose("b", now));
    EXPECT_EQ(presence.lost_reason(), "b");
    EXPECT_TRUE(presence.found(now, now)) << "it was lost";
    EXPECT_TRUE(presence.is_present());
    EXPECT_TRUE(presence.lose("b", now)) << "it was there in between";
    EXPECT_TRUE(presence.found(now, now));
    presence.delivered(now);
    EXPECT_EQ(presence.lost_reason(), "");
    EXPECT_FALSE(presence.found(now, now));
}

TEST(MeterPresence, CountsTimeoutsAndOtherErrorsApart) {
    MeterPresence presence(stale_after, 1s);
    presence.found(now, now);
    const auto later = now + stale_after;
    EXPECT_FALSE(presence.count_error(true, 2, 3, later));
    EXPECT_FALSE(presence.count_error(false, 2, 3, later));
    EXPECT_FALSE(presence.count_error(false, 2, 3, later));
    EXPECT_TRUE(presence.count_error(true, 2, 3, later));
    presence.answered_well(now, 0);
    EXPECT_FALSE(presence.count_error(true, 2, 3, later));
}

TEST(MeterPresence, IsLostByErrorsOnlyWhenItsValuesAreStale) {
    MeterPresence presence(stale_after, 1s);
    presence.found(now, now);
    presence.delivered(now + 10s);
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(presence.count_error(true, 5, 20, now + 14999ms));
    }
    EXPECT_FALSE(presence.is_stale(now + 14999ms));
    EXPECT_TRUE(presence.count_error(true, 5, 20, now + 15s));
}

// A plug is put elsewhere in seconds.
TEST(MeterPresence, WhoWasSilentForLongerThanAnExchangeTakesMustSayWhoItIs) {
    MeterPresence presence(stale_after, 1s);
    presence.found(now, now);
    presence.answered_well(now + 1s, 0);
    EXPECT_FALSE(presence.may_be_another(now + 60s)); // nothing has failed: nobody has asked
    presence.count_error(true, 9, 9, now + 2s);
    EXPECT_FALSE(presence.may_be_another(now + 3900ms));
    EXPECT_TRUE(presence.may_be_another(now + 4s));
    presence.proven(now + 4s, now + 4s);
    EXPECT_FALSE(presence.may_be_another(now + 5s));
    EXPECT_TRUE(presence.may_be_another(now + 7s));
}

// On a line that loses many answers it need not say so again and again.
TEST(MeterPresence, WhoAnswersNowAndThenIsStillThere) {
    MeterPresence presence(stale_after, 1s);
    presence.found(now, now);
    for (int i = 1; i < 20; ++i) {
        presence.count_error(true, 9, 9, now + 2s * i - 1s);
        EXPECT_FALSE(presence.may_be_another(now + 2s * i));
        presence.answered_well(now + 2s * i, static_cast<std::uint64_t>(i));
    }
}

TEST(MeterPresence, WhatAnswersARepetitionAfterAGapIsDoubtful) {
    MeterPresence presence(stale_after, 1s);
    presence.found(now, now);
    presence.answered_well(now + 5s, 0);
    EXPECT_FALSE(presence.may_be_another(now + 5s)) << "nothing has failed";
    presence.answered_well(now + 10s, 2);
    EXPECT_TRUE(presence.may_be_another(now + 10s));
    presence.answered_well(now + 11s, 2);
    EXPECT_TRUE(presence.may_be_another(now + 11s)) << "until it says who it is";
    presence.proven(now + 11s, now + 11s);
    EXPECT_FALSE(presence.may_be_another(now + 12s));
}

// What it said before it was taken away may come when it is gone.
TEST(MeterPresence, ALateAnswerProvesWhoWasThereWhenItWasAsked) {
    MeterPresence presence(stale_after, 1s);
    presence.found(now, now);
    presence.answered_well(now + 2s, 2, 1s);
    EXPECT_FALSE(presence.may_be_another(now + 2s));
    presence.answered_well(now + 4s, 4);
    EXPECT_TRUE(presence.may_be_another(now + 4s));
}

TEST(MeterPresence, ANewConnectionMayBeToAnother) {
    MeterPresence presence(stale_after, 1s);
    presence.found(now, now);
    presence.link_cut();
    EXPECT_FALSE(presence.may_be_another(now + 1s));
    EXPECT_TRUE(presence.may_be_another(now + 3s));
    presence.proven(now + 4s, now + 4s);
    EXPECT_FALSE(presence.may_be_another(now + 60s));
}

TEST(MeterPresence, ASetUpThatTakesAsLongAsAnExchangeProvesNothing) {
    MeterPresence presence(stale_after, 1s);
    presence.found(now, now + 2900ms);
    EXPECT_FALSE(presence.may_be_another(now + 2900ms));
    presence.found(now, now + 3s);
    EXPECT_TRUE(presence.may_be_another(now + 3s));
    presence.proven(now + 3s, now + 4s);
    EXPECT_FALSE(presence.may_be_another(now + 60s));
    presence.set_up(now + 60s, now + 64s);
    EXPECT_TRUE(presence.may_be_another(now + 64s));
}

} // namespace
} // namespace gridbridge
