#include "drivers/values/phase_options.hpp"

#include "drivers/values/derive.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using enum Quantity;

Reading example() {
    Reading reading;
    reading.set(PowerL1, 100.0);
    reading.set(PowerL2, -200.0);
    reading.set(PowerL3, 300.0);
    reading.set(Power, 201.0);
    reading.set(CurrentL1, 1.0);
    reading.set(CurrentL2, 2.0);
    reading.set(CurrentL3, 3.0);
    reading.set(VoltageL1L2, 12.0);
    reading.set(VoltageL2L3, 23.0);
    reading.set(VoltageL3L1, 31.0);
    reading.set(EnergyForward, 10.0);
    reading.set(EnergyReverse, 20.0);
    reading.set(EnergyForwardL2, 5.0);
    reading.set(PhaseSequence, 0.0);
    return reading;
}

TEST(PhaseOptions, NothingGivenChangesNothing) {
    Reading reading = example();
    apply_phase_options(reading, {}, {});
    for (std::size_t i = 0; i < quantity_count; ++i) {
        EXPECT_EQ(reading.get(static_cast<Quantity>(i)), example().get(static_cast<Quantity>(i)));
    }
}

TEST(PhaseOptions, InputsAreGivenToThePhasesTheyAreWiredTo) {
    Reading reading = example();
    const std::vector phases{2, 3, 1};
    apply_phase_options(reading, phases, {});
    EXPECT_EQ(reading.get(PowerL2), 100.0);
    EXPECT_EQ(reading.get(PowerL3), -200.0);
    EXPECT_EQ(reading.get(PowerL1), 300.0);
    EXPECT_EQ(reading.get(VoltageL2L3), 12.0);
    EXPECT_EQ(reading.get(VoltageL3L1), 23.0);
    EXPECT_EQ(reading.get(VoltageL1L2), 31.0);
    EXPECT_EQ(reading.get(EnergyForwardL3), 5.0);
    EXPECT_EQ(reading.get(Power), 201.0) << "the meter's own total";
    EXPECT_EQ(reading.get(PhaseSequence), 0.0) << "a rotation keeps the sequence";
}

TEST(PhaseOptions, TwoExchangedPhasesReverseTheSequence) {
    for (const std::vector<int>& phases : {std::vector{2, 1, 3}, {1, 3, 2}, {3, 2, 1}}) {
        Reading reading = example();
        apply_phase_options(reading, phases, {});
        EXPECT_EQ(reading.get(PhaseSequence), 1.0);
    }
    Reading reading = example();
    apply_phase_options(reading, std::vector{1, 2, 3}, {});
    EXPECT_EQ(reading.get(PhaseSequence), 0.0);
}

TEST(PhaseOptions, AnInvertedPhaseChangesSignsAndTotals) {
    Reading reading = example();
    const std::vector invert{2};
    apply_phase_options(reading, {}, invert);
    derive(reading);
    EXPECT_EQ(reading.get(PowerL2), 200.0);
    EXPECT_EQ(reading.get(Power), 600.0);
    EXPECT_EQ(reading.get(CurrentL2), 2.0);
    EXPECT_EQ(reading.get(Current), 6.0);
    EXPECT_EQ(reading.get(EnergyReverseL2), 5.0);
    EXPECT_FALSE(reading.has(EnergyForwardL2));
    EXPECT_FALSE(reading.has(EnergyForward)) << "counted with the wrong sign in one phase";
}

TEST(PhaseOptions, AllPhasesInvertedExchangeTheCounters) {
    Reading reading = example();
    const std::vector invert{1, 2, 3};
    apply_phase_options(reading, {}, invert);
    derive(reading);
    EXPECT_EQ(reading.get(Power), -200.0);
    EXPECT_EQ(reading.get(EnergyForward), 20.0);
    EXPECT_EQ(reading.get(EnergyReverse), 10.0);
    EXPECT_EQ(reading.get(CurrentL1), -1.0);
}

TEST(PhaseOptions, TotalIsUnknownWhenAPhaseIs) {
    Reading reading = example();
    reading.clear(PowerL3);
    const std::vector invert{2};
    apply_phase_options(reading, {}, invert);
    EXPECT_FALSE(reading.has(Power));
}

} // namespace
} // namespace gridbridge
