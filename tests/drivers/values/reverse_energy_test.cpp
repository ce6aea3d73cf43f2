#include "drivers/values/reverse_energy.hpp"

#include <gtest/gtest.h>

#include <array>

namespace gridbridge {
namespace {

Reading sample(double l1, double l2, double l3, double total, double export_kwh) {
    Reading reading;
    reading.set(Quantity::PowerL1, l1);
    reading.set(Quantity::PowerL2, l2);
    reading.set(Quantity::PowerL3, l3);
    reading.set(Quantity::Power, total);
    reading.set(Quantity::EnergyReverse, export_kwh);
    return reading;
}

// The worked example of the method: four samples, then the counter steps by 0.1 kWh.
void run_example(ReverseEnergyEstimate& estimate, Reading& last) {
    Reading first = sample(0, 0, 0, 0, 1500.9);
    estimate.apply(first);
    Reading a = sample(-1000, 300, -500, -1200, 1500.9);
    Reading b = sample(-1200, 300, -400, -1300, 1500.9);
    Reading c = sample(-800, 300, 100, -400, 1500.9);
    estimate.apply(a);
    estimate.apply(b);
    estimate.apply(c);
    last = sample(200, 300, -100, 400, 1501.0);
    estimate.apply(last);
}

TEST(ReverseEnergy, WorkedExample) {
    ReverseEnergyEstimate estimate;
    Reading last;
    run_example(estimate, last);
    EXPECT_NEAR(*last.get(Quantity::EnergyReverseL1), 500.403448, 1e-6);
    EXPECT_NEAR(*last.get(Quantity::EnergyReverseL2), 500.300000, 1e-6);
    EXPECT_NEAR(*last.get(Quantity::EnergyReverseL3), 500.334483, 1e-6);
    EXPECT_EQ(last.get(Quantity::EnergyReverse), 1501.0);
}

std::array<double, 3> phases_of(const ReverseEnergyEstimate& estimate) {
    return estimate.phase_kwh().value_or(std::array<double, 3>{});
}

PhaseEnergies stored_of(const ReverseEnergyEstimate& estimate) {
    const auto kwh = phases_of(estimate);
    return {kwh[0], kwh[1], kwh[2]};
}

// What a new process starts from is what the old one stored, and nothing else.
TEST(ReverseEnergy, WorkedExampleWithRestarts) {
    ReverseEnergyEstimate first_run;
    Reading start = sample(0, 0, 0, 0, 1500.9);
    first_run.apply(start);
    ReverseEnergyEstimate second_run(stored_of(first_run));
    Reading last;
    run_example(second_run, last);
    EXPECT_NEAR(*last.get(Quantity::EnergyReverseL1), 500.403448, 5e-7);
    EXPECT_NEAR(*last.get(Quantity::EnergyReverseL2), 500.300000, 5e-7);
    EXPECT_NEAR(*last.get(Quantity::EnergyReverseL3), 500.334483, 5e-7);

    ReverseEnergyEstimate third_run(stored_of(second_run));
    Reading again = sample(-600, 0, 0, -600, 1501.0);
    third_run.apply(again);
    EXPECT_EQ(again.get(Quantity::EnergyReverseL1), last.get(Quantity::EnergyReverseL1));
    Reading later = sample(-900, 0, -100, -1000, 1501.2); // the first sample of a run is no energy yet
    third_run.apply(later);
    EXPECT_NEAR(*later.get(Quantity::EnergyReverseL1), 500.403448 + 0.18, 5e-7);
    EXPECT_NEAR(*later.get(Quantity::EnergyReverseL2), 500.300000, 5e-7);
    EXPECT_NEAR(*later.get(Quantity::EnergyReverseL3), 500.334483 + 0.02, 5e-7);
}

TEST(ReverseEnergy, ASmallStepBackIsNoReset) {
    ReverseEnergyEstimate estimate;
    Reading first = sample(0, 0, 0, 0, 300.0);
    estimate.apply(first);
    Reading back = sample(-10, 0, 0, -10, 299.96);
    estimate.apply(back);
    Reading later = sample(-10, 0, 0, -10, 300.1);
    estimate.apply(later);
    EXPECT_NEAR(*later.get(Quantity::EnergyReverseL1), 100.1, 1e-9) << "0.1 kWh since 300.0";
}

TEST(ReverseEnergy, DividesByThePhasesWhereTheTotalsAreTheirSums) {
    ReverseEnergyEstimate netted({100.0, 100.0, 100.0}, false);
    ReverseEnergyEstimate summed({100.0, 100.0, 100.0}, true);
    for (ReverseEnergyEstimate* estimate : {&netted, &summed}) {
        Reading first = sample(0, 0, 0, 0, 300.0);
        estimate->apply(first);
        Reading later = sample(-100, 200, -300, -200, 300.4);
        estimate->apply(later);
    }
    EXPECT_NEAR(phases_of(netted)[0], 100.2, 1e-9);
    EXPECT_NEAR(phases_of(netted)[2], 100.6, 1e-9);
    EXPECT_NEAR(phases_of(summed)[0], 100.1, 1e-9);
    EXPECT_NEAR(phases_of(summed)[2], 100.3, 1e-9);
}

TEST(ReverseEnergy, StartsInThirdsOrFromWhatWasKept) {
    ReverseEnergyEstimate fresh;
    Reading first = sample(0, 0, 0, 0, 8742.1);
    fresh.apply(first);
    EXPECT_DOUBLE_EQ(*first.get(Quantity::EnergyReverseL2), 8742.1 / 3);

    ReverseEnergyEstimate kept({1.0, 2.0, std::nullopt});
    Reading again = sample(0, 0, 0, 0, 9.0);
    kept.apply(again);
    EXPECT_EQ(again.get(Quantity::EnergyReverseL1), 1.0);
    EXPECT_EQ(again.get(Quantity::EnergyReverseL3), 3.0);
}

TEST(ReverseEnergy, APhaseThatNeverExportedStaysAtZero) {
    ReverseEnergyEstimate kept({100.0, 0.0, 0.0});
    Reading reading = sample(0, 0, 0, 0, 100.0);
    kept.apply(reading);
    EXPECT_EQ(reading.get(Quantity::EnergyReverseL1), 100.0);
    EXPECT_EQ(reading.get(Quantity::EnergyReverseL2), 0.0);
    EXPECT_EQ(reading.get(Quantity::EnergyReverseL3), 0.0);
}

TEST(ReverseEnergy, AWrittenPhaseLeavesTheOthersAndTheRuleAlone) {
    ReverseEnergyEstimate estimate({100.0, 100.0, 100.0}, true);
    Reading first = sample(0, 0, 0, 0, 300.0);
    estimate.apply(first);
    estimate.set_phase(1, 7.0);
    Reading later = sample(-100, 200, -300, -200, 300.4); // the totals are sums: 0.1 and 0.3
    estimate.apply(later);
    EXPECT_NEAR(phases_of(estimate)[0], 7.1, 1e-9);
    EXPECT_NEAR(phases_of(estimate)[1], 100.0, 1e-9);
    EXPECT_NEAR(phases_of(estimate)[2], 100.3, 1e-9);
}

TEST(ReverseEnergy, SaysNothingBeforeTheFirstCounter) {
    ReverseEnergyEstimate estimate;
    Reading reading;
    reading.set(Quantity::Power, -100.0);
    estimate.apply(reading);
    EXPECT_FALSE(reading.has(Quantity::EnergyReverseL1));
    EXPECT_EQ(estimate.phase_kwh(), std::nullopt);
}

TEST(ReverseEnergy, GoesOnAfterACounterReset) {
    ReverseEnergyEstimate estimate;
    Reading first = sample(0, 0, 0, 0, 300.0);
    estimate.apply(first);
    Reading reset = sample(-10, 0, 0, -10, 0.0);
    estimate.apply(reset);
    Reading later = sample(-10, 0, 0, -10, 0.1);
    estimate.apply(later);
    EXPECT_NEAR(*later.get(Quantity::EnergyReverseL1), 100.1, 1e-9);
}

TEST(ReverseEnergy, DividesByThePhasesWhenTheTotalNeverExported) {
    ReverseEnergyEstimate estimate({100.0, 100.0, 100.0});
    Reading first = sample(0, 0, 0, 0, 300.0);
    estimate.apply(first);
    Reading later = sample(-100, 400, -300, 0, 300.4);
    estimate.apply(later);
    EXPECT_NEAR(*later.get(Quantity::EnergyReverseL1), 100.1, 1e-9);
    EXPECT_NEAR(*later.get(Quantity::EnergyReverseL3), 100.3, 1e-9);
}

} // namespace
} // namespace gridbridge
