#include "drivers/waist/phase_quantities.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using enum Quantity;

TEST(PhaseQuantities, AreThoseOfTheirTotal) {
    EXPECT_EQ(phases_of(Power), (std::array{PowerL1, PowerL2, PowerL3}));
    EXPECT_EQ(phases_of(EnergyReverse), (std::array{EnergyReverseL1, EnergyReverseL2, EnergyReverseL3}));
    EXPECT_EQ(per_phase_totals.size(), 8U);
}

TEST(PhaseQuantities, KnowTheirPhase) {
    for (const Quantity total : per_phase_totals) {
        EXPECT_EQ(phase_of(total), 0);
        for (int phase = 1; phase <= 3; ++phase) {
            EXPECT_EQ(phase_of(of_phase(total, phase)), phase);
        }
    }
    for (const Quantity other : {CurrentN, VoltageLineToLine, VoltageL1L2, EnergyForwardT1, Frequency}) {
        EXPECT_EQ(phase_of(other), 0) << quantity_table[index_of(other)].name;
    }
    EXPECT_EQ(phase_of(VoltageL2, std::array{Power}), 0) << "of another total";
}

} // namespace
} // namespace gridbridge
