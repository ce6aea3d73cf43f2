#include "drivers/modbus/meter_presence.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point now{1h};

TEST(MeterPresence, LooksForALostMeterMoreAndMoreRarely) {
    MeterPresence presence;
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
    MeterPresence presence;
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
    MeterPresence presence;
    EXPECT_TRUE(presence.lose("a", now));
    EXPECT_FALSE(presence.lose("a", now));
    EXPECT_TRUE(presence.lose("b", now));
    EXPECT_EQ(presence.lost_reason(), "b");
    EXPECT_TRUE(presence.found()) << "it was lost";
    EXPECT_TRUE(presence.is_present());
    EXPECT_TRUE(presence.lose("b", now)) << "it was there in between";
    EXPECT_TRUE(presence.found());
    presence.delivered();
    EXPECT_EQ(presence.lost_reason(), "");
    EXPECT_FALSE(presence.found());
}

TEST(MeterPresence, CountsTimeoutsAndOtherErrorsApart) {
    MeterPresence presence;
    EXPECT_FALSE(presence.count_error(true, 2, 3));
    EXPECT_FALSE(presence.count_error(false, 2, 3));
    EXPECT_FALSE(presence.count_error(false, 2, 3));
    EXPECT_TRUE(presence.count_error(true, 2, 3));
    presence.answered_well();
    EXPECT_FALSE(presence.count_error(true, 2, 3));
}

} // namespace
} // namespace gridbridge
