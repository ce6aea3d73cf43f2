#include "drivers/modbus/sign_watch.hpp"

#include <gtest/gtest.h>

#include <array>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using enum Quantity;

constexpr Clock::time_point now{1h};

Reading reading_of(std::array<double, 4> watts) {
    Reading reading;
    reading.set(Power, watts[0]);
    for (int phase = 1; phase <= 3; ++phase) {
        reading.set(of_phase(Power, phase), watts[static_cast<std::size_t>(phase)]);
    }
    return reading;
}

struct Watch {
    explicit Watch(std::array<double, 4> before) { signs.take(reading_of(before)); }
    bool doubts(std::array<double, 4> after) const { return signs.is_doubtful(reading_of(after), now); }
    SignWatch signs;
};

TEST(SignWatch, TheFirstReadingIsBelieved) {
    const SignWatch signs;
    EXPECT_FALSE(signs.is_doubtful(reading_of({629, 938, 1780, 213}), now));
}

TEST(SignWatch, ExportThatIsGoneEverywhereOrOnlyLosesItsSignIsDoubted) {
    const Watch exporting({-629, 938, -1780, 213});
    EXPECT_TRUE(exporting.doubts({629, 938, 1780, 213}));
    EXPECT_TRUE(exporting.doubts({629, 938, -1780, 213})) << "half of it is old";
    EXPECT_TRUE(exporting.doubts({2931, 938, 1780, 213}));
    EXPECT_TRUE(exporting.doubts({150, 40, 60, 50})) << "a cloud may do so too";
    EXPECT_FALSE(exporting.doubts({-500, 938, -1650, 213}));
    EXPECT_FALSE(exporting.doubts({300, 938, -850, 213})) << "it still exports";
    const Watch importing({600, 200, 200, 200});
    EXPECT_FALSE(importing.doubts({900, 300, 300, 300}));
    const Watch around_zero({-8, -9, 1, 0});
    EXPECT_FALSE(around_zero.doubts({8, 9, 1, 0}));
}

TEST(SignWatch, WhatWasVerifiedIsNotDoubtedForTenSeconds) {
    Watch exporting({-629, 938, -1780, 213});
    exporting.signs.verified(now - 9s);
    EXPECT_FALSE(exporting.doubts({629, 938, 1780, 213}));
    exporting.signs.verified(now - 10s);
    EXPECT_TRUE(exporting.doubts({629, 938, 1780, 213}));
    exporting.signs.restart();
    EXPECT_FALSE(exporting.doubts({629, 938, 1780, 213}));
}

} // namespace
} // namespace gridbridge
