#include "drivers/counter_guard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using enum Quantity;

class CounterGuardTest : public testing::Test {
  protected:
    // What is published of a forward counter that reads `kwh`, `later` after the last one.
    std::optional<double> take(double kwh, std::chrono::milliseconds later = 1s) {
        now_ += later;
        Reading reading;
        reading.received = now_;
        reading.set(EnergyForward, kwh);
        reading.set(Power, -5.0);
        exchanged_ = guard_.apply(reading);
        EXPECT_EQ(reading.get(Power), -5.0) << "what is no counter may fall";
        return reading.get(EnergyForward);
    }

    CounterGuard guard_;
    Clock::time_point now_ = Clock::time_point{} + 1h;
    std::vector<CounterGuard::Exchange> exchanged_;
};

TEST_F(CounterGuardTest, TheFirstReadingIsAcceptedZeroIncluded) {
    EXPECT_EQ(take(0), 0.0);
    EXPECT_EQ(take(0), 0.0);
    EXPECT_EQ(take(0.1), 0.1);
    EXPECT_FALSE(guard_.holding());
}

TEST_F(CounterGuardTest, AFallIsUnknownUntilFiveReadingsOverSixtySecondsAgree) {
    guard_ = CounterGuard({{EnergyForward, 5276.4}});
    for (int reading = 0; reading < 4; ++reading) {
        EXPECT_EQ(take(0, 20s), std::nullopt) << reading;
    }
    EXPECT_TRUE(guard_.holding());
    EXPECT_EQ(take(0.1, 20s), 0.1);
    EXPECT_THAT(exchanged_, ElementsAre(CounterGuard::Exchange{EnergyForward, 5276.4, 0.1}));
    EXPECT_FALSE(guard_.holding());
    EXPECT_EQ(guard_.held_back(), 4U);
    EXPECT_EQ(take(0.2), 0.2);
    EXPECT_THAT(exchanged_, IsEmpty());
}

TEST_F(CounterGuardTest, ManyReadingsInLessThanSixtySecondsAreNotEnough) {
    take(100);
    for (int reading = 0; reading < 59; ++reading) {
        EXPECT_EQ(take(0), std::nullopt) << reading;
    }
    take(0);
    EXPECT_EQ(take(0), 0.0);
}

TEST_F(CounterGuardTest, AZeroThatPassesLeavesNoTrace) {
    take(100);
    EXPECT_EQ(take(0), std::nullopt);
    EXPECT_EQ(take(100), 100.0);
    EXPECT_EQ(take(0, 59s), std::nullopt);
    EXPECT_EQ(take(0, 30s), std::nullopt) << "counted anew";
    EXPECT_EQ(guard_.marks().at(EnergyForward), 100.0);
}

TEST_F(CounterGuardTest, AFallWithinTheFallStartsAnew) {
    take(100);
    take(50);
    take(50, 30s);
    take(50, 15s);
    take(49, 14s);
    for (int reading = 0; reading < 3; ++reading) {
        EXPECT_EQ(take(49, 15s), std::nullopt);
    }
    EXPECT_EQ(take(49, 15s), 49.0);
}

TEST_F(CounterGuardTest, WholeNumbersAfterALockAreAFallToo) {
    take(2055.738);
    EXPECT_EQ(take(2055), std::nullopt);
    EXPECT_EQ(take(2056), 2056.0) << "until the counter has passed its mark";
}

TEST_F(CounterGuardTest, SomebodyConfirms) {
    take(100);
    EXPECT_EQ(take(3), std::nullopt);
    EXPECT_THAT(guard_.confirm(), ElementsAre(CounterGuard::Exchange{EnergyForward, 100, 3}));
    EXPECT_FALSE(guard_.holding());
    EXPECT_EQ(take(3), 3.0);
    EXPECT_THAT(guard_.confirm(), IsEmpty());
}

TEST_F(CounterGuardTest, EveryCounterOfTheTableIsGuarded) {
    for (const QuantityRow& row : quantity_table) {
        CounterGuard guard;
        Reading reading;
        reading.received = now_;
        reading.set(row.quantity, 10);
        guard.apply(reading);
        reading.set(row.quantity, 9);
        guard.apply(reading);
        EXPECT_EQ(reading.has(row.quantity), row.kind != QuantityKind::Counter) << row.name;
    }
}

} // namespace
} // namespace gridbridge
