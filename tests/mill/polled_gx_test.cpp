// The witness of a GX that polls is fed with what it must see.
#include "tests/mill/polled_gx.hpp"

#include "tests/mill/installation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// One meter that has told once, a second after the beginning.
class PolledGxTest : public testing::Test {
  protected:
    PolledGxTest() { truths_.front().told(told_at_, mill_seconds(told_at_), told_at_, true); }

    // As an EM24 has them: tenths of a volt, of a watt and of a kilowatt-hour.
    std::array<std::uint16_t, PolledGx::words> words() const {
        const SimulatedValues values = values_of(plan_.meters.front(), mill_seconds(told_at_));
        std::array<std::uint16_t, PolledGx::words> words{};
        put(words, 0x00, values.phases[0].voltage);
        put(words, PolledGx::power_at, values.power());
        put(words, 0x34, values.energy_in);
        put(words, 0x4E, values.energy_out);
        return words;
    }
    static void put(std::span<std::uint16_t> words, std::size_t at, double number) {
        const auto tenths = static_cast<std::uint32_t>(std::lround(number * 10));
        words[at] = static_cast<std::uint16_t>(tenths & 0xFFFF);
        words[at + 1] = static_cast<std::uint16_t>(tenths >> 16);
    }
    void hear(std::span<const std::uint16_t> words, Clock::duration after) {
        gx_.hear(words, told_at_ + after, 0s);
    }

    MeterKind kind_{"em24", "S1", false, true};
    Clock::time_point told_at_ = mill_time(1);
    Plan plan_{1, {}, {{&kind_, 0, 1, "", "grid", 0}}, {}};
    std::vector<Truth> truths_{Truth(plan_.meters.front())};
    Witness witness_{plan_, truths_, mill_begin, {}};
    PolledGx gx_{plan_, truths_, witness_};
};

TEST_F(PolledGxTest, WhatIsRightIsNotNamed) {
    hear(words(), 1s);
    gx_.end(told_at_ + 2s);
    EXPECT_THAT(witness_.violations(), IsEmpty());
    EXPECT_EQ(gx_.numbers(), 1U);
}

TEST_F(PolledGxTest, EachNumberThatIsWrongIsNamed) {
    constexpr double wrong = 5;
    const SimulatedValues values = values_of(plan_.meters.front(), mill_seconds(told_at_));
    const auto with = [&](std::size_t at, double number) {
        auto changed = words();
        put(changed, at, number);
        hear(changed, 1s);
    };
    with(PolledGx::power_at, values.power() + wrong);
    with(0x00, values.phases[0].voltage + wrong);
    with(0x34, values.energy_in + wrong);
    with(0x4E, values.energy_out + wrong);
    EXPECT_THAT(witness_.violations(),
                ElementsAre(HasSubstr("the GX reads that Power is "), HasSubstr("that L1/Voltage is "),
                            HasSubstr("that Energy/Forward is "), HasSubstr("that Energy/Reverse is ")));
}

TEST_F(PolledGxTest, WhatAMeterGivesNotIsZeroButThePower) {
    hear(std::array<std::uint16_t, PolledGx::words>{}, 1s);
    EXPECT_THAT(witness_.violations(), ElementsAre(HasSubstr("the GX reads that Power is 0.000")));
}

TEST_F(PolledGxTest, ACounterThatStandsStillIsRightAndOneThatFallsToZeroIsNamed) {
    hear(words(), 1s);
    const double later = mill_seconds(told_at_ + 60s);
    truths_.front().told(told_at_ + 60s, later, told_at_ + 60s, true);
    const SimulatedValues values = values_of(plan_.meters.front(), later);
    auto held = words();
    put(held, 0x00, values.phases[0].voltage);
    put(held, PolledGx::power_at, values.power());
    hear(held, 61s);
    EXPECT_THAT(witness_.violations(), IsEmpty());
    put(held, 0x34, 0);
    hear(held, 61s);
    EXPECT_THAT(witness_.violations(), ElementsAre(HasSubstr("the GX reads that Energy/Forward is 0.000")));
}

TEST_F(PolledGxTest, ThePowerOfASilentMeterIsNamed) {
    hear(words(), 30s);
    EXPECT_THAT(witness_.violations(),
                testing::Contains(HasSubstr("the GX reads the power of a meter that is silent")));
}

TEST_F(PolledGxTest, AMeterThatIsNotBackIsNamed) {
    hear(words(), 1s);
    gx_.end(told_at_ + 10s);
    EXPECT_THAT(witness_.violations(),
                ElementsAre(HasSubstr("the meter is not back for a GX that polls it")));
}

TEST_F(PolledGxTest, AnAnswerOfAnotherSizeIsNamed) {
    const auto all = words();
    hear(std::span(all).first(10), 1s);
    EXPECT_THAT(witness_.violations(), ElementsAre(HasSubstr("the GX reads 10 words")));
}

} // namespace
} // namespace gridbridge::mill
