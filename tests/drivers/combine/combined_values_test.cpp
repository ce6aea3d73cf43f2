#include "drivers/combine/combined_values.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using enum Quantity;
using namespace std::chrono_literals;

const Clock::time_point start{1h};

Reading three_phases(double scale) {
    Reading reading;
    reading.received = start;
    for (int phase = 1; phase <= 3; ++phase) {
        reading.set(of_phase(Power, phase), scale * phase);
        reading.set(of_phase(Current, phase), scale * phase / 230);
        reading.set(of_phase(Voltage, phase), 229.0 + phase);
    }
    reading.set(Power, scale * 6);
    reading.set(PowerFactor, 0.9);
    reading.set(Frequency, 50);
    return reading;
}

Reading one_phase(double watts, double kwh, int phase = 1) {
    Reading reading;
    reading.received = start;
    reading.set(Power, watts);
    reading.set(of_phase(Power, phase), watts);
    reading.set(of_phase(Current, phase), watts / 230);
    reading.set(of_phase(Voltage, phase), 230);
    reading.set(EnergyForward, kwh);
    return reading;
}

Reading combined(CombineRule rule, const std::vector<Reading>& readings) {
    std::vector<const Reading*> members;
    members.reserve(readings.size());
    for (const Reading& reading : readings) {
        members.push_back(&reading);
    }
    return combined_values(rule, members);
}

TEST(CombinedValues, ASumIsOfTotalsAndOfEachPhase) {
    const Reading sum = combined(CombineRule::Sum, {three_phases(100), three_phases(10), three_phases(-1)});
    EXPECT_DOUBLE_EQ(*sum.get(Power), 654);
    EXPECT_DOUBLE_EQ(*sum.get(PowerL2), 218);
    EXPECT_DOUBLE_EQ(*sum.get(CurrentL3), 327.0 / 230);
    EXPECT_EQ(sum.get(VoltageL1), 230.0);
    EXPECT_EQ(sum.get(Frequency), 50.0);
    EXPECT_FALSE(sum.has(PowerFactor)); // has no sum
}

TEST(CombinedValues, ADifferenceIsTheFirstWithoutAllOthers) {
    const Reading rest =
        combined(CombineRule::Difference, {three_phases(100), three_phases(10), three_phases(5)});
    EXPECT_DOUBLE_EQ(*rest.get(Power), 510);
    EXPECT_DOUBLE_EQ(*rest.get(PowerL3), 255);
    EXPECT_DOUBLE_EQ(*rest.get(CurrentL1), 85.0 / 230);
}

TEST(CombinedValues, WhatOneMemberDoesNotHaveIsUnknown) {
    std::vector<Reading> readings{three_phases(100), three_phases(10)};
    readings[1].clear(PowerL2);
    readings[0].clear(VoltageL1);
    const Reading sum = combined(CombineRule::Sum, readings);
    EXPECT_FALSE(sum.has(PowerL2));
    EXPECT_FALSE(sum.has(VoltageL1));
    EXPECT_TRUE(sum.has(PowerL1));
    EXPECT_TRUE(sum.has(Power));
}

TEST(CombinedValues, CurrentsAreAddedOnlyWherePhasesAreTheSame) {
    const Reading sum = combined(CombineRule::Sum, {three_phases(100), one_phase(50, 1)});
    EXPECT_DOUBLE_EQ(*sum.get(Power), 650);
    EXPECT_DOUBLE_EQ(*sum.get(PowerL1), 150);
    EXPECT_FALSE(sum.has(PowerL2));
    EXPECT_FALSE(sum.has(CurrentL1));
    const Reading same = combined(CombineRule::Sum, {one_phase(20, 1), one_phase(50, 1)});
    EXPECT_DOUBLE_EQ(*same.get(CurrentL1), 70.0 / 230);
}

TEST(CombinedValues, ItsTimeIsThatOfTheOldestReading) {
    std::vector<Reading> readings{three_phases(100), three_phases(10), three_phases(10)};
    readings[0].received = start + 300ms;
    readings[2].received = start + 500ms;
    EXPECT_EQ(combined(CombineRule::Sum, readings).received, start);
}

TEST(CombinedValues, NetMakesAThreePhaseMeterOfThreeSinglePhaseOnes) {
    const Reading net =
        combined(CombineRule::Net, {one_phase(100, 1), one_phase(-40, 2), one_phase(7, 3, 2)});
    EXPECT_EQ(net.get(PowerL1), 100.0);
    EXPECT_EQ(net.get(PowerL2), -40.0);
    EXPECT_EQ(net.get(PowerL3), 7.0);
    EXPECT_EQ(net.get(Power), 67.0);
    EXPECT_DOUBLE_EQ(*net.get(CurrentL3), 7.0 / 230);
    EXPECT_EQ(net.get(VoltageL3), 230.0);
}

TEST(CombinedValues, NetWithoutOneMemberHasNoTotal) {
    std::vector<Reading> readings{one_phase(100, 1), one_phase(-40, 2), one_phase(7, 3)};
    readings[1].clear(Power);
    readings[1].clear(PowerL1);
    const Reading net = combined(CombineRule::Net, readings);
    EXPECT_FALSE(net.has(Power));
    EXPECT_FALSE(net.has(PowerL2));
    EXPECT_TRUE(net.has(PowerL1));
}

TEST(CombinedValues, NetRefusesAMeterOfSeveralPhases) {
    const Reading one = one_phase(1, 1);
    const Reading three = three_phases(100);
    const std::vector<const Reading*> members{&one, &three, &one};
    EXPECT_EQ(why_not_combined(CombineRule::Net, members).find("member 2"), 0U);
    EXPECT_EQ(why_not_combined(CombineRule::Sum, members), "");
}

TEST(CombinedValues, CountersHaveTheSignsOfTheRule) {
    const Reading one = one_phase(1, 10);
    const Reading other = one_phase(1, 4);
    const std::vector<const Reading*> members{&one, &other};
    const auto difference = combined_counters(CombineRule::Difference, members);
    ASSERT_EQ(difference.size(), 1U); // EnergyForward: nobody has another
    EXPECT_EQ(difference[0].values, (std::vector<double>{10, 4}));
    EXPECT_EQ(difference[0].signs, (std::vector<int>{1, -1}));
    EXPECT_EQ(combined_counters(CombineRule::Sum, members)[0].signs, (std::vector<int>{1, 1}));
}

} // namespace
} // namespace gridbridge
