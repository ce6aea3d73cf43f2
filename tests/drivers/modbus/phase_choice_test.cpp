#include "drivers/modbus/phase_choice.hpp"

#include "drivers/modbus/models/carlo_gavazzi.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

TEST(PhaseChoice, AnotherUseNeedsAnotherSetUp) {
    PhaseChoice choice;
    choice.meter_found(em24_rtu, 3);
    choice.begin_set_up(PhaseUse::Multi);
    EXPECT_FALSE(choice.is_set_up_for(PhaseUse::Multi)) << "not done yet";
    choice.set_up();
    EXPECT_TRUE(choice.is_set_up_for(PhaseUse::Multi));
    EXPECT_FALSE(choice.is_set_up_for(PhaseUse::PvOnL2));
    EXPECT_FALSE(choice.has_second_device());
    choice.begin_set_up(PhaseUse::PvOnL2);
    EXPECT_TRUE(choice.has_second_device());
    EXPECT_FALSE(choice.is_set_up_for(PhaseUse::PvOnL2));
}

TEST(PhaseChoice, DescribesTheMeterByItsUse) {
    PhaseChoice choice;
    choice.meter_found(em24_rtu, 2);
    choice.begin_set_up(PhaseUse::Multi);
    MeterInfo info;
    choice.describe(em24_rtu, info);
    EXPECT_EQ(info.phases, 2);
    EXPECT_TRUE(info.multiphase);
    EXPECT_TRUE(info.supports_multiphase);
    EXPECT_TRUE(info.estimate_reverse_per_phase);
    EXPECT_EQ(choice.snapshot(em24_rtu).phases, 2);
    choice.begin_set_up(PhaseUse::Single);
    choice.describe(em24_rtu, info);
    EXPECT_EQ(info.phases, 1);
    EXPECT_FALSE(info.multiphase);
    EXPECT_FALSE(info.estimate_reverse_per_phase);
}

TEST(PhaseChoice, ExportPerPhaseIsEstimatedOnceItsCountersAreOut) {
    PhaseChoice choice;
    choice.meter_found(em300, 3);
    choice.begin_set_up(PhaseUse::Multi);
    EXPECT_TRUE(choice.has_phase_export());
    MeterInfo info;
    choice.describe(em300, info);
    EXPECT_FALSE(info.estimate_reverse_per_phase);
    EXPECT_TRUE(choice.lose_phase_export());
    EXPECT_FALSE(choice.snapshot(em300).has_phase_export);
    choice.describe(em300, info);
    EXPECT_TRUE(info.estimate_reverse_per_phase);
    choice.begin_set_up(PhaseUse::Single);
    EXPECT_FALSE(choice.lose_phase_export()) << "nothing to estimate with one phase";
}

} // namespace
} // namespace gridbridge
