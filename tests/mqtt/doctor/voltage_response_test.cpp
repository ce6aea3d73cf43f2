#include "mqtt/doctor/voltage_response.hpp"

#include "drivers/waist/phase_quantities.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

namespace gridbridge {
namespace {

using std::chrono::seconds;

Reading reading_at(int second, std::array<double, 3> volts, std::array<double, 3> amperes) {
    Reading reading;
    reading.received = Clock::time_point(seconds(1000 + second));
    for (std::size_t i = 0; i < 3; ++i) {
        reading.set(phases_of(Quantity::Voltage).at(i), volts.at(i));
        reading.set(phases_of(Quantity::Power).at(i), volts.at(i) * amperes.at(i));
    }
    return reading;
}

// Steps of known size: a supply of 0.4 ohm, 0.1 ohm of the neutral on the other phases.
VoltageResponse after_steps(double sign, int count) {
    VoltageResponse response;
    for (int i = 0; i < count; ++i) {
        const std::array<double, 3> amperes{i % 2 == 0 ? 8.0 : 1.0, i % 3 == 0 ? 5.0 : 0.5,
                                            i % 5 == 0 ? 9.0 : 2.0};
        std::array<double, 3> volts{};
        for (std::size_t k = 0; k < 3; ++k) {
            const double others = amperes.at((k + 1) % 3) + amperes.at((k + 2) % 3);
            volts.at(k) = 230 - 0.4 * amperes.at(k) + 0.1 * others;
        }
        response.take(reading_at(i, volts, {sign * amperes[0], amperes[1], amperes[2]}));
    }
    return response;
}

TEST(VoltageResponse, FindsTheOhmsOfTheLine) {
    const auto slopes = after_steps(1, 200).slopes();
    EXPECT_NEAR(slopes[0][0].ohm, -0.4, 0.01);
    EXPECT_NEAR(slopes[1][1].ohm, -0.4, 0.01);
    EXPECT_NEAR(slopes[0][1].ohm, 0.1, 0.01);
    EXPECT_LT(slopes[2][2].certainty, -6);
}

TEST(VoltageResponse, APhaseInReverseRises) {
    const auto slopes = after_steps(-1, 200).slopes();
    EXPECT_NEAR(slopes[0][0].ohm, 0.4, 0.01);
    EXPECT_GT(slopes[0][0].certainty, 6);
    EXPECT_NEAR(slopes[1][1].ohm, -0.4, 0.01);
}

TEST(VoltageResponse, NothingIsSaidOfWhatNeverMovedOrOnlyTogether) {
    VoltageResponse still;
    VoltageResponse together;
    for (int i = 0; i < 100; ++i) {
        still.take(reading_at(i, {230, 230, 230}, {5, 5, 5}));
        const double amperes = i % 2 == 0 ? 8 : 1;
        const double volts = 230 - 0.3 * amperes;
        together.take(reading_at(i, {volts, volts, volts}, {amperes, amperes, amperes}));
    }
    EXPECT_EQ(still.steps(), 0);
    EXPECT_EQ(still.slopes()[0][0].certainty, 0);
    EXPECT_LT(std::abs(together.slopes()[0][0].certainty), 6);
}

TEST(VoltageResponse, OneGreatStepDoesNotDecide) {
    VoltageResponse response;
    response.take(reading_at(0, {230, 230, 230}, {0, 0, 0}));
    response.take(reading_at(1, {233, 230, 230}, {15, 0, 0})); // the neighbours moved the other way
    for (int i = 2; i < 100; ++i) {
        response.take(
            reading_at(i, {i % 2 == 0 ? 230.0 : 229.9, 230, 230}, {i % 2 == 0 ? 15.0 : 15.3, 0, 0}));
    }
    EXPECT_LT(response.weight(0), 3);
    EXPECT_GT(after_steps(1, 200).weight(0), 50);
}

TEST(VoltageResponse, GapsAndVoltagesAtTheLimitOfInvertersCountNothing) {
    VoltageResponse response;
    response.take(reading_at(0, {230, 230, 230}, {0, 0, 0}));
    response.take(reading_at(60, {228, 230, 230}, {9, 0, 0})); // a minute later
    response.take(reading_at(61, {251, 230, 230}, {0, 0, 0}));
    response.take(reading_at(62, {252, 230, 230}, {-9, 0, 0}));
    EXPECT_EQ(response.steps(), 0);
    response.interrupt();
    response.take(reading_at(63, {230, 230, 230}, {9, 0, 0}));
    EXPECT_EQ(response.steps(), 0);
    response.take(reading_at(64, {232, 230, 230}, {0, 0, 0}));
    EXPECT_EQ(response.steps(), 1);
}

} // namespace
} // namespace gridbridge
