#include "drivers/values/counter_guard.hpp"

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
        reading.set(Power, watts_);
        exchanged_ = guard_.apply(reading);
        EXPECT_EQ(reading.get(Power), watts_) << "what is no counter may fall";
        return reading.get(EnergyForward);
    }
    // Readings of the same value that are unknown.
    void hold(double kwh, int readings, std::chrono::milliseconds later = 1s) {
        for (int reading = 0; reading < readings; ++reading) {
            EXPECT_EQ(take(kwh, later), std::nullopt) << kwh << ", reading " << reading;
        }
    }

    CounterGuard guard_;
    std::optional<double> watts_ = 600.0;
    Clock::time_point now_ = Clock::time_point{} + 1h;
    std::vector<CounterGuard::Exchange> exchanged_;
};

TEST_F(CounterGuardTest, TheFirstReadingIsAcceptedZeroIncluded) {
    EXPECT_EQ(take(0), 0.0);
    EXPECT_EQ(take(0), 0.0);
    EXPECT_EQ(take(0.1), 0.1);
    EXPECT_FALSE(guard_.holding());
}

TEST_F(CounterGuardTest, ADamagedDigitIsUnknownAndLeavesNoTrace) {
    take(25688.9);
    for (const double damaged : {325688.9, 27688.9, 5688.9}) {
        EXPECT_EQ(take(damaged), std::nullopt) << damaged;
        EXPECT_TRUE(guard_.holding());
        EXPECT_EQ(take(25688.9), 25688.9) << "at once";
        EXPECT_FALSE(guard_.holding());
    }
    EXPECT_EQ(guard_.held_back(), 3U);
    EXPECT_EQ(guard_.marks().at(EnergyForward), 25688.9);
}

TEST_F(CounterGuardTest, ARiseWithinTheConnectionIsNotHeld) {
    take(100.001);
    EXPECT_EQ(take(100.02), 100.02) << "69 kW for 1 s";
    EXPECT_EQ(take(100.06), std::nullopt);
    EXPECT_EQ(take(100.06, 2s), 100.06) << "3 s since the last good one";
    EXPECT_EQ(take(168.0, 1h), 168.0);
    guard_ = CounterGuard();
    take(168.1);
    EXPECT_EQ(take(168.2), 168.2) << "one step of its decimal places";
    EXPECT_EQ(take(168.4), std::nullopt);
}

TEST_F(CounterGuardTest, LargerFusesAndPowersCarryMore) {
    EXPECT_EQ(guard_.bound_watts(), 69000);
    EXPECT_EQ(CounterGuard({}, {63, 1}).bound_watts(), 69000);
    guard_ = CounterGuard({}, {400, 1});
    EXPECT_EQ(guard_.bound_watts(), 276000);
    watts_ = -200000;
    take(1);
    take(1);
    EXPECT_EQ(guard_.bound_watts(), 276000) << "one reading or two may be damaged";
    take(1);
    EXPECT_EQ(guard_.bound_watts(), 400000);
}

TEST_F(CounterGuardTest, ARiseThatThePowerExplainsIsNeverHeld) {
    take(100);
    watts_ = 900000;
    EXPECT_EQ(take(100.125, 500ms), 100.125);
    guard_ = CounterGuard();
    watts_ = 3000;
    take(100.125);
    for (int minute = 0; minute < 14; ++minute) {
        take(100.125, 1min);
    }
    EXPECT_EQ(take(100.875, 1min), 100.875) << "a counter that is told every quarter of an hour";
}

TEST_F(CounterGuardTest, AHeldRiseIsConfirmedByReadingsThatStay) {
    take(100);
    hold(2100, 3);
    EXPECT_EQ(take(2100.001), 2100.001);
    EXPECT_THAT(exchanged_, ElementsAre(CounterGuard::Exchange{EnergyForward, 100, 2100.001}));
    EXPECT_EQ(take(2100.002), 2100.002);
    EXPECT_THAT(exchanged_, IsEmpty());
}

TEST_F(CounterGuardTest, ManyReadingsInAMomentConfirmNoRise) {
    take(100);
    hold(2100, 11, 250ms);
    EXPECT_EQ(take(100), 100.0);
}

TEST_F(CounterGuardTest, ReadingsThatDisagreeConfirmNoRise) {
    take(100.1);
    for (int times = 0; times < 10; ++times) {
        hold(300000.1 + 1000 * times, 1);
        hold(50000.1 + 1000 * times, 1);
    }
    EXPECT_EQ(take(100.1), 100.1);
}

TEST_F(CounterGuardTest, AfterARestartADayPassesAtOnceAndMoreIsConfirmed) {
    guard_ = CounterGuard({{EnergyForward, 5000.5}});
    EXPECT_EQ(take(6500.5), 6500.5);
    guard_ = CounterGuard({{EnergyForward, 5000.5}});
    EXPECT_EQ(take(305000.5), std::nullopt) << "a damaged first one";
    hold(7000.5, 4); // the first of them is out of line
    EXPECT_EQ(take(7000.6), 7000.6);
}

TEST_F(CounterGuardTest, AYearOfSilenceAllowsNoMoreThanADay) {
    take(100.5);
    EXPECT_EQ(take(100000.5, 24h * 365), std::nullopt);
}

TEST_F(CounterGuardTest, ALowerCounterIsConfirmedWhenItMovesAsThePowerSays) {
    guard_ = CounterGuard({{EnergyForward, 5276.4}});
    hold(3.1, 61);
    EXPECT_EQ(take(3.2), std::nullopt) << "0.1 kWh after a minute of 600 W";
    hold(3.2, 238);
    EXPECT_EQ(take(3.2), 3.2);
    EXPECT_THAT(exchanged_, ElementsAre(CounterGuard::Exchange{EnergyForward, 5276.4, 3.2}));
    EXPECT_FALSE(guard_.holding());
}

TEST_F(CounterGuardTest, TimeAloneConfirmsNoFall) {
    take(5276.4);
    hold(3.1, 600, 10s);
    watts_.reset();
    hold(3.1, 600, 10s);
    EXPECT_EQ(take(5276.4), 5276.4);
    watts_ = -600;
    hold(3.1, 100, 10s);
    EXPECT_EQ(take(3.2), std::nullopt) << "not while it exports";
    hold(3.2, 100, 10s);
}

TEST_F(CounterGuardTest, ALowerCounterThatStandsStillUnderPowerIsNotConfirmed) {
    take(5276.4);
    watts_ = 6000;
    hold(3.1, 180, 10s);
    hold(3.2, 180, 10s);
}

TEST_F(CounterGuardTest, WithoutPowerALowerCounterIsConfirmedByItsMovement) {
    watts_.reset();
    take(5276.4);
    hold(3.1, 20, 10s);
    EXPECT_EQ(take(3.2, 10s), 3.2);
}

TEST_F(CounterGuardTest, AnExactZeroIsNeverConfirmed) {
    take(5276.4);
    hold(0, 100, 1min);
    EXPECT_EQ(take(5276.5), 5276.5) << "an inverter at dawn";
    hold(0, 1);
    hold(0.1, 100, 10s);
    EXPECT_EQ(take(0.2), 0.2) << "counted from the first value that was not 0";
}

TEST_F(CounterGuardTest, ADeviceThatStartsWithTheServiceMayShowZeroForMinutes) {
    guard_ = CounterGuard({{EnergyForward, 12345.678}});
    hold(0, 8, 1min);
    EXPECT_EQ(take(12345.679), 12345.679) << "of the night before";
    guard_ = CounterGuard({{EnergyForward, 12345.678}});
    hold(14345.678, 3, 200ms);
    EXPECT_EQ(take(12345.679), 12345.679) << "2000 kWh more for a moment";
}

// An EM24 Ethernet has its counters of two directions and three phases in one answer.
TEST_F(CounterGuardTest, AllCountersOfAMeterThatRestartsComeBackAtOnce) {
    const std::map<Quantity, double> counted{{EnergyForward, 5276.4},   {EnergyReverse, 310.2},
                                             {EnergyForwardL1, 1800.1}, {EnergyForwardL2, 1700.2},
                                             {EnergyForwardL3, 1776.1}, {ReactiveEnergyForward, 41.7}};
    const auto apply = [&](double factor) {
        now_ += 1min;
        Reading reading;
        reading.received = now_;
        reading.set(Power, -1200);
        for (const auto& [quantity, kwh] : counted) {
            reading.set(quantity, kwh * factor);
        }
        exchanged_ = guard_.apply(reading);
        return reading;
    };
    apply(1);
    for (int zeros = 0; zeros < 30; ++zeros) {
        const Reading reading = apply(0);
        for (const auto& [quantity, kwh] : counted) {
            EXPECT_EQ(reading.get(quantity), std::nullopt);
        }
        EXPECT_THAT(exchanged_, IsEmpty());
    }
    const Reading back = apply(1);
    for (const auto& [quantity, kwh] : counted) {
        EXPECT_EQ(back.get(quantity), kwh);
    }
}

TEST_F(CounterGuardTest, StraysDoNotDelayTheConfirmation) {
    take(5276.4);
    watts_ = 6000;
    for (int reading = 0; reading < 8; ++reading) {
        take(3.1 + 0.1 * reading, 30s);
        take(reading % 2 == 0 ? 300003.1 : 0, 30s);
    }
    EXPECT_EQ(guard_.marks().at(EnergyForward), 3.1 + 0.1 * 7);
}

TEST_F(CounterGuardTest, AFallWithinTheFallStartsAnew) {
    watts_ = 6000;
    take(100.1);
    hold(50.1, 3, 30s);
    hold(49.1, 2, 30s);
    hold(49.1, 3, 30s);
    EXPECT_EQ(take(49.3, 30s), 49.3);
}

TEST_F(CounterGuardTest, WholeNumbersAfterALockLeaveTheMark) {
    take(25688.9);
    watts_.reset();
    for (int reading = 0; reading < 100; ++reading) {
        ASSERT_EQ(take(25688), 25688.9);
    }
    EXPECT_FALSE(guard_.holding());
    EXPECT_EQ(take(25689), 25689.0);
    EXPECT_EQ(take(25689), 25689.0);
    EXPECT_EQ(take(25689.9), 25689.9) << "unlocked";
    EXPECT_EQ(take(25688), std::nullopt) << "its step does not contain the mark";
}

TEST_F(CounterGuardTest, WholeNumbersBeyondTheMarkAreConfirmedOnce) {
    watts_.reset();
    take(25688.99);
    EXPECT_EQ(take(25689), 25689.0) << "the lock came just before";
    hold(25690, 3);
    EXPECT_EQ(take(25690), 25690.0);
    EXPECT_EQ(take(25691), 25691.0) << "now its step is known";
}

TEST_F(CounterGuardTest, TransformersMakeTheStepsLarger) {
    watts_.reset();
    guard_ = CounterGuard({}, {{}, 40});
    take(8004);
    EXPECT_EQ(take(8008), 8008.0);
    EXPECT_EQ(take(8016), std::nullopt);
}

TEST_F(CounterGuardTest, SomebodyConfirms) {
    take(100);
    EXPECT_EQ(take(3), std::nullopt);
    EXPECT_THAT(guard_.held(), ElementsAre(CounterGuard::Exchange{EnergyForward, 100, 3}));
    EXPECT_THAT(guard_.confirm(), ElementsAre(CounterGuard::Exchange{EnergyForward, 100, 3}));
    EXPECT_FALSE(guard_.holding());
    EXPECT_EQ(take(3), 3.0);
    EXPECT_EQ(take(0), std::nullopt);
    guard_.confirm();
    EXPECT_EQ(take(0), 0.0) << "a zero too";
    EXPECT_EQ(take(5000), std::nullopt);
    guard_.confirm();
    EXPECT_EQ(take(5000), 5000.0) << "and a rise";
    EXPECT_THAT(guard_.confirm(), IsEmpty());
}

TEST_F(CounterGuardTest, EveryCounterOfTheTableIsGuarded) {
    for (const QuantityRow& row : quantity_table) {
        CounterGuard guard;
        Reading reading;
        reading.received = now_;
        const double high = std::min(10.0, row.largest);
        reading.set(row.quantity, high);
        guard.apply(reading);
        reading.set(row.quantity, 0.9 * high);
        guard.apply(reading);
        EXPECT_EQ(reading.has(row.quantity), row.kind != QuantityKind::Counter) << row.name;
        reading.set(row.quantity, std::min(1000.0, row.largest));
        guard.apply(reading);
        EXPECT_EQ(reading.has(row.quantity), !is_electric_energy(row)) << row.name;
    }
}

TEST_F(CounterGuardTest, OtherCountersAreConfirmedByReadingsThatAgreeButNotByZeros) {
    const auto volume = [&](double cubic_metres) {
        now_ += 20s;
        Reading reading;
        reading.received = now_;
        reading.set(Volume, cubic_metres);
        guard_.apply(reading);
        return reading.get(Volume);
    };
    volume(500);
    for (int reading = 0; reading < 100; ++reading) {
        EXPECT_EQ(volume(0), std::nullopt);
    }
    for (int reading = 0; reading < 4; ++reading) {
        EXPECT_EQ(volume(3), std::nullopt);
    }
    EXPECT_EQ(volume(3), 3.0);
}

} // namespace
} // namespace gridbridge
