#include "drivers/values/phase_sum.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

Reading reading_of(double l1, double l2, double l3, double total, Clock::time_point at) {
    Reading reading;
    reading.received = at;
    reading.set(Quantity::PowerL1, l1);
    reading.set(Quantity::PowerL2, l2);
    reading.set(Quantity::PowerL3, l3);
    reading.set(Quantity::Power, total);
    return reading;
}

TEST(PhaseSum, DoubtfulFromTheFifthReadingInARow) {
    PhaseSumCheck check;
    const Clock::time_point start = Clock::time_point{} + 1h;
    for (int i = 0; i < 4; ++i) {
        check.apply(reading_of(100, 100, 100, 360, start + i * 1s), 3);
        EXPECT_FALSE(check.doubtful());
    }
    check.apply(reading_of(100, 100, 100, 360, start + 4s), 3);
    EXPECT_TRUE(check.doubtful());
    EXPECT_EQ(check.count(), 5U);
    EXPECT_EQ(check.since(), start);
    EXPECT_DOUBLE_EQ(check.difference(), 60);
    check.apply(reading_of(100, 100, 100, 350, start + 5s), 3);
    EXPECT_FALSE(check.doubtful()) << "50 W are sampling";
}

TEST(PhaseSum, FivePercentOfLargePower) {
    PhaseSumCheck check;
    check.apply(reading_of(-3000, -3000, -3490, -10000, {}), 3);
    EXPECT_EQ(check.count(), 1U);
    check.apply(reading_of(-3000, -3000, -3510, -10000, {}), 3);
    EXPECT_EQ(check.count(), 1U);
}

TEST(PhaseSum, OnlyCompletePhasesCount) {
    PhaseSumCheck check;
    Reading reading = reading_of(100, 100, 100, 900, {});
    reading.clear(Quantity::PowerL2);
    check.apply(reading, 3);
    check.apply(reading, std::nullopt);
    Reading one = reading_of(100, 0, 0, 900, {});
    one.clear(Quantity::PowerL2);
    one.clear(Quantity::PowerL3);
    check.apply(one, std::nullopt); // a meter that tells total and phase 1 may have three
    EXPECT_EQ(check.count(), 0U);
    check.apply(one, 1);
    EXPECT_EQ(check.count(), 1U);
}

} // namespace
} // namespace gridbridge
