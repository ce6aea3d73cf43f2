#include "drivers/values/headroom.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

TEST(Headroom, IsWhatTheCurrentLeavesOfTheFuse) {
    Reading reading;
    reading.set(Quantity::CurrentL1, 10.5);
    reading.set(Quantity::CurrentL2, -30.0); // export flows through the fuse as well
    set_headroom(reading, 25);
    EXPECT_EQ(reading.get(Quantity::HeadroomL1), 14.5);
    EXPECT_EQ(reading.get(Quantity::HeadroomL2), -5.0);
    EXPECT_EQ(reading.get(Quantity::HeadroomL3), std::nullopt) << "unknown is not full";
}

TEST(Headroom, NothingIsLeftOverFromAnotherReading) {
    Reading reading;
    reading.set(Quantity::HeadroomL1, 25.0);
    set_headroom(reading, 25);
    EXPECT_EQ(reading.get(Quantity::HeadroomL1), std::nullopt);
}

TEST(Headroom, WithoutAFuseThereIsNone) {
    Reading reading;
    reading.set(Quantity::CurrentL1, 10.5);
    set_headroom(reading, std::nullopt);
    EXPECT_EQ(reading.get(Quantity::HeadroomL1), std::nullopt);
}

} // namespace
} // namespace gridbridge
