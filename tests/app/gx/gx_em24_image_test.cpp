#include "app/gx/em24_image.hpp"

#include "drivers/modbus/map/decode.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using enum Quantity;

const Clock::time_point start{1000s};

Reading three_phases(Clock::time_point received = start) {
    Reading reading;
    reading.received = received;
    constexpr std::array watts{820.04, 410.0, -1650.26};
    for (int phase = 1; phase <= 3; ++phase) {
        reading.set(of_phase(Power, phase), watts[static_cast<std::size_t>(phase - 1)]);
        reading.set(of_phase(Voltage, phase), 230.0 + phase);
        reading.set(of_phase(Current, phase), phase == 3 ? -7.1234 : 2.5);
    }
    reading.set(Power, -420.22);
    reading.set(Current, -2.1234);
    reading.set(EnergyForward, 4321.07);
    reading.set(EnergyReverse, 1234.5);
    return reading;
}

// As an EM24 Ethernet is decoded.
Reading decoded(const Em24Words& words) {
    Reading reading;
    decode_block(em24_ethernet, {0x0000_reg, 80, {}}, words, reading);
    return reading;
}

Reading shown(const Em24Image& image, int phases) {
    const auto words = image.words(phases);
    EXPECT_TRUE(words);
    return words ? decoded(*words) : Reading();
}

TEST(Em24Image, ThreePhasesOneByOne) {
    Em24Image image;
    EXPECT_FALSE(image.words(3));
    EXPECT_FALSE(image.phases());
    image.take(three_phases());
    EXPECT_EQ(image.phases(), 3);
    const Reading reading = shown(image, 3);
    EXPECT_EQ(reading.get(PowerL1), 820.0);
    EXPECT_EQ(reading.get(PowerL2), 410.0);
    EXPECT_EQ(reading.get(PowerL3), -1650.3);
    EXPECT_EQ(reading.get(Power), -420.2);
    EXPECT_EQ(reading.get(CurrentL3), -7.123);
    EXPECT_EQ(reading.get(VoltageL2), 232.0);
    EXPECT_EQ(reading.get(EnergyForward), 4321.1);
    EXPECT_EQ(reading.get(EnergyReverse), 1234.5);
}

TEST(Em24Image, WhatTheSourceNeverGives) {
    Em24Image image;
    image.take(three_phases());
    const Reading reading = shown(image, 3);
    EXPECT_EQ(reading.get(Frequency), 0.0) << "a GX would take the marker for 6553.5 Hz";
    EXPECT_EQ(reading.get(EnergyForwardL1), 0.0);
    EXPECT_FALSE(reading.has(VoltageL1L2)) << "a GX does not read it: the marker";
    EXPECT_FALSE(reading.has(PowerFactor));
    EXPECT_FALSE(reading.has(PhaseSequence));
    for (const std::size_t unused : {0x3CU, 0x3FU, 0x46U, 0x4DU}) {
        EXPECT_EQ(image.words(3)->at(unused), 0);
    }
}

TEST(Em24Image, APowerWithoutValueIsNeverShownAsNumber) {
    for (const Quantity missing : {Power, PowerL1, PowerL2, PowerL3}) {
        Em24Image image;
        image.take(three_phases());
        Reading reading = three_phases(start + 1s);
        reading.clear(missing);
        image.take(reading);
        EXPECT_FALSE(image.words(3)) << quantity_table[index_of(missing)].name;
        image.take(three_phases(start + 2s));
        EXPECT_TRUE(image.words(3));
    }
    Em24Image fresh;
    Reading no_power = three_phases();
    no_power.clear(Power);
    fresh.take(no_power);
    EXPECT_FALSE(fresh.words(3)) << "missing from the start";
    Reading huge = three_phases();
    huge.set(PowerL2, 3e8);
    Em24Image beyond;
    beyond.take(huge);
    EXPECT_FALSE(beyond.words(3)) << "beyond the register";
}

TEST(Em24Image, WhatAGxPublishesDoesNotFallToZero) {
    for (const Quantity missing : {VoltageL1, CurrentL3}) {
        Em24Image image;
        image.take(three_phases());
        Reading reading = three_phases(start + 10s);
        reading.clear(missing);
        image.take(reading);
        EXPECT_FALSE(image.words(3)) << quantity_table[index_of(missing)].name;
        reading.received = start + 61s;
        image.take(reading);
        EXPECT_TRUE(image.words(3)) << "the source has stopped giving it";
    }
}

// Shown as 0 for a moment, all of it is booked again when it returns.
TEST(Em24Image, AnEnergyThatIsUnknownStandsStill) {
    Em24Image image;
    image.take(three_phases());
    for (const auto later : {1s, 61s, 100'000s}) {
        Reading reading = three_phases(start + later);
        reading.clear(EnergyForward);
        reading.clear(EnergyReverse);
        reading.set(PowerL1, 500.0);
        image.take(reading);
        EXPECT_EQ(shown(image, 3).get(EnergyForward), 4321.1);
        EXPECT_EQ(shown(image, 3).get(EnergyReverse), 1234.5);
        EXPECT_EQ(shown(image, 3).get(PowerL1), 500.0) << "the inverter goes on";
        EXPECT_EQ(shown(image, 1).get(EnergyForwardL1), 4321.1);
    }
    image.lose();
    EXPECT_FALSE(image.words(3));
    Reading back = three_phases(start + 200'000s);
    back.clear(EnergyForward);
    image.take(back);
    EXPECT_EQ(shown(image, 3).get(EnergyForward), 4321.1);
    image.forget();
    image.take(back);
    EXPECT_EQ(shown(image, 3).get(EnergyForward), 0.0) << "another meter gives none";
}

TEST(Em24Image, ATotalWithoutPhasesIsShownOnPhaseOne) {
    Reading reading;
    reading.received = start;
    reading.set(Power, -512.3);
    reading.set(EnergyForward, 100.0);
    Em24Image image;
    image.take(reading);
    EXPECT_EQ(image.phases(), 1);
    for (const int phases : {1, 2, 3}) {
        const Reading read = shown(image, phases);
        EXPECT_EQ(read.get(PowerL1), -512.3);
        EXPECT_EQ(read.get(Power), -512.3);
        EXPECT_EQ(read.get(PowerL2), 0.0) << "absent";
        EXPECT_EQ(read.get(PowerL3), 0.0) << "absent";
        EXPECT_EQ(read.get(EnergyForwardL1), 100.0);
        EXPECT_EQ(read.get(VoltageL1), 0.0);
    }
}

TEST(Em24Image, MorePhasesThanTheConfigurationShowsAreTheirTotal) {
    Em24Image image;
    image.take(three_phases());
    for (const int phases : {1, 2}) {
        const Reading reading = shown(image, phases);
        EXPECT_EQ(reading.get(PowerL1), -420.2);
        EXPECT_EQ(reading.get(PowerL2), 0.0);
        EXPECT_EQ(reading.get(CurrentL1), -2.123);
        EXPECT_EQ(reading.get(VoltageL1), 231.0);
        EXPECT_EQ(reading.get(EnergyForwardL1), 4321.1);
    }
}

TEST(Em24Image, ASourceThatStopsGivingItsPhasesIsShownAsTotal) {
    Em24Image image;
    image.take(three_phases());
    Reading total;
    total.received = start + 61s;
    total.set(Power, 900.0);
    image.take(total);
    EXPECT_EQ(shown(image, 3).get(PowerL1), 900.0);
    EXPECT_EQ(shown(image, 3).get(PowerL2), 0.0);
}

TEST(Em24Image, OneAndTwoPhases) {
    Reading reading;
    reading.received = start;
    reading.set(Power, 300.0);
    reading.set(PowerL1, 300.0);
    reading.set(CurrentL1, 1.5);
    Em24Image one;
    one.take(reading);
    EXPECT_EQ(one.phases(), 1);
    EXPECT_EQ(shown(one, 1).get(CurrentL1), 1.5) << "although there is no total";
    reading.set(PowerL1, 100.0);
    reading.set(PowerL2, 200.0);
    Em24Image two;
    two.take(reading);
    EXPECT_EQ(two.phases(), 2);
    EXPECT_EQ(shown(two, 2).get(PowerL2), 200.0);
    EXPECT_EQ(shown(two, 3).get(PowerL3), 0.0);
    EXPECT_EQ(shown(two, 1).get(PowerL1), 300.0);
}

} // namespace
} // namespace gridbridge
