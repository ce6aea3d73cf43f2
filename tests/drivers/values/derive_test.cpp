#include "drivers/values/derive.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace gridbridge {
namespace {

using enum Quantity;

TEST(Reading, KeepsNumbersThatAreNotFiniteAsAbsent) {
    Reading reading;
    reading.set(Power, 5.0);
    reading.set(Power, std::numeric_limits<double>::quiet_NaN());
    EXPECT_FALSE(reading.has(Power));
    reading.set(Power, std::numeric_limits<double>::infinity());
    EXPECT_EQ(reading.get(Power), std::nullopt);
    EXPECT_TRUE(reading.empty());
}

TEST(Derive, CurrentTakesTheSignOfItsPhase) {
    Reading reading;
    reading.set(PowerL1, -100.0);
    reading.set(CurrentL1, 0.5);
    reading.set(PowerL2, -100.0);
    reading.set(CurrentL2, -0.5); // signed by the meter already
    reading.set(PowerL3, 0.0);
    reading.set(CurrentL3, 0.25);
    derive(reading);
    EXPECT_EQ(reading.get(CurrentL1), -0.5);
    EXPECT_EQ(reading.get(CurrentL2), -0.5);
    EXPECT_EQ(reading.get(CurrentL3), 0.25);
    EXPECT_EQ(reading.get(Current), -0.75);
    derive(reading);
    EXPECT_EQ(reading.get(Current), -0.75) << "idempotent";
}

TEST(Derive, TotalsComeFromPartsOnlyWhenAbsent) {
    Reading reading;
    reading.set(PowerL1, 100.0);
    reading.set(PowerL2, -300.0);
    reading.set(EnergyForwardT1, 10.0);
    reading.set(EnergyForwardT2, 20.5);
    reading.set(EnergyReverse, 7.0);
    reading.set(EnergyReverseT1, 100.0);
    derive(reading);
    EXPECT_EQ(reading.get(Power), -200.0);
    EXPECT_EQ(reading.get(EnergyForward), 30.5);
    EXPECT_EQ(reading.get(EnergyReverse), 7.0);
    EXPECT_FALSE(reading.has(PowerL3));
}

TEST(Derive, NothingComesFromNothing) {
    Reading reading;
    reading.set(VoltageL1, 230.0);
    total_as_phase_one(reading);
    derive(reading);
    EXPECT_FALSE(reading.has(Power));
    EXPECT_FALSE(reading.has(PowerL1));
    EXPECT_FALSE(reading.has(Current));
    EXPECT_FALSE(reading.has(EnergyForward));
}

TEST(Derive, TotalFillsPhaseOneOnlyWithoutPhases) {
    Reading total_only;
    total_only.set(Power, -42.0);
    total_only.set(CurrentL1, 0.2);
    total_as_phase_one(total_only);
    derive(total_only);
    EXPECT_EQ(total_only.get(PowerL1), -42.0);
    EXPECT_EQ(total_only.get(CurrentL1), -0.2);
    EXPECT_FALSE(total_only.has(PowerL2));

    Reading with_phase;
    with_phase.set(Power, 10.0);
    with_phase.set(PowerL2, 10.0);
    total_as_phase_one(with_phase);
    EXPECT_FALSE(with_phase.has(PowerL1));
}

} // namespace
} // namespace gridbridge
