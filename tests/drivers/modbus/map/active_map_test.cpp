#include "drivers/modbus/map/active_map.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace gridbridge {
namespace {

using enum Quantity;
using Refusal = ActiveMap::Refusal;

const RegisterRow* row_of(const ActiveMap& map, Quantity quantity) {
    const auto rows = map.model().rows;
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [quantity](const RegisterRow& row) { return row.quantity == quantity; });
    return found == rows.end() ? nullptr : &*found;
}

TEST(ActiveMap, ReadsThatAreTooLongBecomeShorterAndStaySo) {
    ActiveMap map;
    map.begin(em300);
    EXPECT_TRUE(map.shorten({0x0000_reg, 50, Pace::Slow, false}, Refusal::Length));
    EXPECT_EQ(map.limits().max_words, 32);
    EXPECT_TRUE(map.shorten({0x0000_reg, 32, Pace::Slow, false}, Refusal::Length));
    EXPECT_EQ(map.limits().max_words, 20);
    map.begin(em500);
    EXPECT_EQ(map.limits().max_words, 20) << "the way to the meter is the same";
    map.answered({0x0000_reg, 20, Pace::Slow, false});
    EXPECT_FALSE(map.shorten({0x0000_reg, 20, Pace::Slow, false}, Refusal::Length))
        << "it was answered before";
}

TEST(ActiveMap, SilenceIsALimitOnlyOnTrial) {
    ActiveMap map;
    map.begin(em300);
    EXPECT_TRUE(map.shorten({0x0000_reg, 50, Pace::Slow, false}, Refusal::Silence));
    EXPECT_EQ(map.limits().max_words, 25);
    EXPECT_FALSE(map.shorten({0x0000_reg, 16, Pace::Slow, false}, Refusal::Silence)) << "nobody is there";
    map.begin(em300);
    EXPECT_EQ(map.limits().max_words, 50);
}

TEST(ActiveMap, NoReadBecomesShorterThanWhatBelongsTogether) {
    ActiveMap map;
    map.begin(em500);
    EXPECT_FALSE(map.shorten({0x0500_reg, 4, Pace::Slow, true}, Refusal::Length)) << "64 bits";
    EXPECT_TRUE(map.shorten({0x0500_reg, 8, Pace::Slow, true}, Refusal::Length));
}

TEST(ActiveMap, FineCountersThatAMeterLacksAreReadInTheirCoarseForm) {
    ActiveMap map;
    map.begin(em500);
    EXPECT_TRUE(map.remove({0x0500_reg, 40, Pace::Slow, true}));
    EXPECT_TRUE(map.has_replaced());
    ASSERT_NE(row_of(map, EnergyForward), nullptr);
    EXPECT_EQ(row_of(map, EnergyForward)->address, 0x0034_reg);
    EXPECT_EQ(row_of(map, EnergyReverse)->address, 0x004E_reg);
    EXPECT_EQ(row_of(map, Frequency)->address, 0x053C_reg);
    EXPECT_TRUE(rows_are_sorted(map.model().rows));
    EXPECT_TRUE(map.remove({0x0034_reg, 30, Pace::Slow, true}));
    EXPECT_FALSE(map.has_replaced());
    EXPECT_EQ(row_of(map, EnergyForward), nullptr);
    map.begin(em500);
    EXPECT_EQ(row_of(map, EnergyForward)->address, 0x0500_reg) << "another meter";
}

TEST(ActiveMap, PowerIsNeverLeftOut) {
    ActiveMap map;
    map.begin(em500);
    EXPECT_FALSE(map.remove({0x000C_reg, 38, Pace::Fast, false}));
    EXPECT_NE(row_of(map, Power), nullptr);
}

TEST(ActiveMap, WhatWasThereIsNotAbsent) {
    ActiveMap map;
    map.begin(em500);
    map.answered({0x0500_reg, 40, Pace::Slow, true});
    EXPECT_FALSE(map.remove({0x0500_reg, 40, Pace::Slow, true}));
}

TEST(ActiveMap, WhatIsAbsentIsFirstReadInShorterPieces) {
    ActiveMap map;
    map.begin(em300);
    EXPECT_TRUE(map.shorten({0x002A_reg, 40, Pace::Slow, false}, Refusal::Absence));
    EXPECT_TRUE(map.shorten({0x002A_reg, 20, Pace::Slow, false}, Refusal::Absence));
    EXPECT_FALSE(map.shorten({0x0034_reg, 11, Pace::Slow, false}, Refusal::Absence));
    EXPECT_TRUE(map.remove({0x0034_reg, 11, Pace::Slow, false}));
    EXPECT_EQ(map.limits().max_words, 50) << "it was not the length";
    EXPECT_EQ(row_of(map, EnergyForward), nullptr);
    EXPECT_NE(row_of(map, EnergyReverse), nullptr);
}

} // namespace
} // namespace gridbridge
