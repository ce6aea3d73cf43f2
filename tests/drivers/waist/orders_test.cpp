#include "drivers/waist/orders.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

constexpr SourceId grid{0, 0};
constexpr SourceId garage{1, 0};

TEST(Orders, AreCarriedOutOnceInOrderAndByTheirMeterOnly) {
    Orders orders;
    EXPECT_TRUE(orders.put(grid, SetPhaseConfig{3}));
    EXPECT_TRUE(orders.put(grid, SetPhaseConfig{0}));

    EXPECT_EQ(orders.take(garage), std::nullopt);
    EXPECT_EQ(orders.take(grid), Order(SetPhaseConfig{3}));
    EXPECT_EQ(orders.take(grid), Order(SetPhaseConfig{0}));
    EXPECT_EQ(orders.take(grid), std::nullopt);
}

TEST(Orders, TooManyAreRefusedUntilSomeWereTaken) {
    Orders orders;
    for (std::size_t i = 0; i < Orders::max_waiting; ++i) {
        ASSERT_TRUE(orders.put(grid, SetPhaseConfig{}));
    }
    EXPECT_FALSE(orders.put(grid, SetPhaseConfig{}));
    orders.take(grid);
    EXPECT_TRUE(orders.put(grid, SetPhaseConfig{}));
}

TEST(Orders, ADeviceWithoutAPhaseModeIsLeftToItsConfiguration) {
    Orders orders;
    EXPECT_EQ(orders.phase_mode("cgwacs_A"), std::nullopt);
    orders.set_phase_mode("cgwacs_A", {false, true});
    EXPECT_EQ(orders.phase_mode("cgwacs_A"), (PhaseMode{false, true}));
    EXPECT_EQ(orders.phase_mode("cgwacs_B"), std::nullopt);
}

} // namespace
} // namespace gridbridge
