#include "drivers/values/contradictions.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using enum Quantity;

Reading sound_reading() {
    Reading reading;
    const double voltages[]{231, 229, 230};
    const double powers[]{938.6, -1780.3, 212.7};
    double total = 0;
    for (int phase = 1; phase <= 3; ++phase) {
        reading.set(of_phase(Voltage, phase), voltages[phase - 1]);
        reading.set(of_phase(Power, phase), powers[phase - 1]);
        const double apparent = std::abs(powers[phase - 1]) * 1.05;
        reading.set(of_phase(Current, phase), apparent / voltages[phase - 1]);
        reading.set(of_phase(ApparentPower, phase), apparent);
        reading.set(of_phase(ReactivePower, phase), 100.0);
        total += powers[phase - 1];
    }
    reading.set(Power, total);
    reading.set(ReactivePower, 300.0);
    reading.set(Voltage, 230.0);
    return reading;
}

TEST(Contradictions, WhatAgreesStays) {
    Reading reading = sound_reading();
    reading.set(PowerL1, 990.0); // a load that came between two reads
    EXPECT_EQ(drop_contradictions(reading), 0U);
    Reading empty;
    EXPECT_EQ(drop_contradictions(empty), 0U);
}

TEST(Contradictions, ATotalThatIsNotTheSumTakesThePhasesAlong) {
    Reading reading = sound_reading();
    reading.set(Power, 5276.4); // kWh of somebody else's answer
    EXPECT_EQ(drop_contradictions(reading), 4U);
    EXPECT_FALSE(reading.has(Power));
    EXPECT_FALSE(reading.has(PowerL2)) << "which of them is wrong cannot be said";
    EXPECT_TRUE(reading.has(VoltageL1));
}

TEST(Contradictions, MorePowerThanVoltageTimesCurrentIsNone) {
    Reading reading = sound_reading();
    reading.set(PowerL1, 2314.0);
    EXPECT_GE(drop_contradictions(reading), 2U);
    EXPECT_FALSE(reading.has(PowerL1));
    EXPECT_FALSE(reading.has(CurrentL1));
    EXPECT_TRUE(reading.has(PowerL2));
}

TEST(Contradictions, ApparentPowerAndMeanVoltage) {
    Reading reading = sound_reading();
    reading.set(ApparentPowerL3, 3035.8);
    reading.set(Voltage, 400.8);
    EXPECT_EQ(drop_contradictions(reading), 2U);
    EXPECT_FALSE(reading.has(ApparentPowerL3));
    EXPECT_FALSE(reading.has(Voltage));
}

} // namespace
} // namespace gridbridge
