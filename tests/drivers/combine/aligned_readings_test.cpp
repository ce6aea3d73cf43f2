#include "drivers/combine/aligned_readings.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

const Clock::time_point start{1h};

Reading at(Clock::duration time, double watts) {
    Reading reading;
    reading.received = start + time;
    reading.set(Quantity::Power, watts);
    return reading;
}

struct Aligned : testing::Test {
    // Both stand still: what they say belongs together.
    void stand_still(Clock::duration until, double a = 100, double b = 30) {
        for (auto time = 0ms; time <= until; time += 500ms) {
            aligned.take(0, at(time, a));
            aligned.take(1, at(time + 200ms, b));
        }
    }
    std::optional<std::pair<Clock::duration, Clock::duration>> times(Clock::duration now) {
        const auto set = aligned.next(start + now);
        return set ? std::optional(std::pair((*set)[0]->received - start, (*set)[1]->received - start))
                   : std::nullopt;
    }
    AlignedReadings aligned{{false, false}, 1s};
};

using Times = std::pair<Clock::duration, Clock::duration>;

TEST_F(Aligned, AReadingBelongsToTheFirstOfTheOtherFromThenOn) {
    stand_still(3s);
    EXPECT_EQ(times(3s), Times(3s, 3200ms));
    EXPECT_EQ(times(3s), std::nullopt); // given
    aligned.take(0, at(3500ms, 100));
    EXPECT_EQ(times(4s), Times(3500ms, 3200ms)); // the other is the older one
}

TEST_F(Aligned, ReadingsThatAreFurtherApartNeverBelongTogether) {
    AlignedReadings apart{{false, false}, 300ms};
    for (auto time = 0s; time < 100s; time += 1s) {
        apart.take(0, at(time, 100));
        apart.take(1, at(time + 400ms, 30));
        EXPECT_EQ(apart.next(start + time + 500ms), std::nullopt);
    }
    EXPECT_TRUE(apart.are_apart());
}

TEST_F(Aligned, AStepThatOneHasSeenWaitsForTheOther) {
    stand_still(3s);
    aligned.next(start + 3s);
    aligned.take(1, at(3400ms, 2030));
    aligned.take(0, at(3500ms, 100));                // measured before, sent late
    EXPECT_EQ(times(3500ms), Times(3500ms, 3200ms)); // what was before
    for (auto time = 4000ms; time <= 6s; time += 500ms) {
        aligned.take(0, at(time, 2100));
        aligned.take(1, at(time + 200ms, 2030));
        const auto set = aligned.next(start + time + 200ms);
        if (set) {
            EXPECT_EQ((*set)[0]->get(Quantity::Power), 2100);
            EXPECT_EQ((*set)[1]->get(Quantity::Power), 2030);
            EXPECT_LE(time, 5500ms);
            return;
        }
    }
    FAIL() << "the step has been for 2 s";
}

TEST_F(Aligned, WherePowerMovesAllTheTimeTheClosestAreTakenAfterAWhile) {
    std::optional<Clock::duration> first;
    int given = 0;
    for (auto time = 0ms; time <= 20s; time += 500ms) {
        const auto watts = static_cast<double>(time.count()); // 1 kW/s
        aligned.take(0, at(time, watts));
        aligned.take(1, at(time + 200ms, watts / 2));
        if (const auto set = aligned.next(start + time + 200ms)) {
            first = first.value_or(time);
            ++given;
            EXPECT_LE((*set)[1]->received - (*set)[0]->received, 300ms);
            EXPECT_GE((*set)[1]->received - (*set)[0]->received, -300ms);
        }
    }
    ASSERT_TRUE(first);
    EXPECT_GE(*first, AlignedReadings::patience - 500ms);
    EXPECT_GE(given, 30);
}

TEST_F(Aligned, WhatALostMeterSaidIsNotUsed) {
    stand_still(3s);
    aligned.forget(1);
    EXPECT_EQ(times(3s), std::nullopt);
    EXPECT_FALSE(aligned.are_apart());
    aligned.take(1, at(3600ms, 30));
    aligned.take(0, at(3700ms, 100));
    aligned.take(1, at(4100ms, 30));
    EXPECT_EQ(times(4200ms), std::nullopt); // what was before is not known
    const auto set = times(7200ms);
    ASSERT_TRUE(set);
    EXPECT_GE(set->second, 3600ms);
}

TEST_F(Aligned, AnOlderReadingIsLeftOut) {
    stand_still(3s);
    EXPECT_EQ(times(3s), Times(3s, 3200ms));
    aligned.take(0, at(2s, 5000));
    aligned.take(1, at(3700ms, 30));
    EXPECT_EQ(times(4s), std::nullopt);
}

} // namespace
} // namespace gridbridge
