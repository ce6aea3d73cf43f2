#include "drivers/modbus/meter_presence.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point now{1h};
constexpr auto stale_after = 5s;

TEST(MeterPresence, LooksForALostMeterMoreAndMoreRarely) {
    MeterPresence presence(stale_after, 1s);
    for (const auto pause : {1s, 2s, 5s, 10s, 30s, 30s}) {
        presence.attempt(now);
        presence.lose("not found: no answer", now);
        EXPECT_EQ(presence.retry_at(false), now + pause);
        EXPECT_EQ(presence.retry_at(true), now + std::min<std::chrono::seconds>(pause, 2s));
    }
    presence.link_lost();
    EXPECT_EQ(presence.retry_at(false), Clock::time_point{});
    presence.lose("not found: no answer", now);
    EXPECT_EQ(presence.retry_at(false), now + 1s);
}

TEST(MeterPresence, HasteIsOfNoUseWithAMeterThatIsRefused) {
    MeterPresence presence(stale_after, 1s);
    presence.attempt(now);
    for (int i = 0; i < 3; ++i) {
        presence.lose("why", now);
    }
    presence.refuse();
    EXPECT_EQ(presence.retry_at(true), now + 5s);
    presence.attempt(now + 5s);
    EXPECT_EQ(presence.retry_at(true), now + 5s);
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
    presence.answered_well();
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
    const Clock::time_point found{1h};
    presence.found(found, found);
    presence.delivered(found + 1s);
    EXPECT_FALSE(presence.may_be_another(found + 60s)); // nothing has failed: nobody has asked
    presence.count_error(true, 9, 9, found + 2s);
    EXPECT_FALSE(presence.may_be_another(found + 3900ms));
    EXPECT_TRUE(presence.may_be_another(found + 4s));
    presence.proven(found + 4s, found + 4s);
    EXPECT_FALSE(presence.may_be_another(found + 5s));
    presence.count_error(true, 9, 9, found + 6s);
    EXPECT_TRUE(presence.may_be_another(found + 7s));
    presence.delivered(found + 8s);
    presence.answered_well();
    EXPECT_FALSE(presence.may_be_another(found + 20s));
}

TEST(MeterPresence, ANewConnectionMayBeToAnother) {
    MeterPresence presence(stale_after, 1s);
    const Clock::time_point found{1h};
    presence.found(found, found);
    presence.delivered(found);
    presence.link_cut();
    EXPECT_FALSE(presence.may_be_another(found + 1s));
    EXPECT_TRUE(presence.may_be_another(found + 3s));
    presence.delivered(found + 4s);
    EXPECT_FALSE(presence.may_be_another(found + 60s));
}

TEST(MeterPresence, ASetUpThatTakesAsLongAsAnExchangeProvesNothing) {
    MeterPresence presence(stale_after, 1s);
    const Clock::time_point asked{1h};
    presence.found(asked, asked + 2900ms);
    EXPECT_FALSE(presence.may_be_another(asked + 2900ms));
    presence.found(asked, asked + 3s);
    EXPECT_TRUE(presence.may_be_another(asked + 3s));
    presence.proven(asked + 3s, asked + 4s);
    EXPECT_FALSE(presence.may_be_another(asked + 60s));
    presence.set_up(asked + 60s, asked + 64s);
    EXPECT_TRUE(presence.may_be_another(asked + 64s));
}

} // namespace
} // namespace gridbridge
