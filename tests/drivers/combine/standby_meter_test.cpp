#include "drivers/combine/standby_meter.hpp"

#include <gtest/gtest.h>

#include <array>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto interval = 250ms;
const Clock::time_point start{1h};

// Two meters of one connection, read every 250 ms in turn, and what is said of them.
struct Standby : testing::Test {
    struct Line {
        bool lives = true, hangs = false;
        double watts = 1000, kwh = 0;
        Reading reading;
    };

    void step() {
        now += interval;
        flowed += 0.001;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            Line& line = lines.at(i);
            if (line.lives && !line.hangs) {
                line.reading = Reading();
                line.reading.received = now - (i == 0 ? 0ms : 100ms);
                line.reading.set(Quantity::Power, line.watts);
                line.reading.set(Quantity::EnergyForward, line.kwh + flowed);
            }
        }
        std::vector<StandbyMember> members;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const Line& line = lines.at(i);
            StandbyMember member;
            member.reading = line.lives ? &line.reading : nullptr;
            member.overdue = line.reading.received + 2 * interval + 500ms;
            member.may_still_come = starts;
            member.whose = i == 0 ? "EM24" : "P1";
            members.push_back(member);
        }
        if (const auto said = meter.form(members, now, &counters)) {
            newest = said;
        }
    }
    void steps(Clock::duration time) {
        for (const auto until = now + time; now < until;) {
            step();
        }
    }

    Clock::time_point now = start;
    double flowed = 0;
    bool starts = false;
    std::array<Line, 2> lines;
    CarriedCounters counters;
    StandbyMeter meter{2};
    std::optional<Reading> newest;
};

TEST_F(Standby, TheFirstThatLivesGivesTheValues) {
    lines[1].watts = 1010;
    step();
    EXPECT_EQ(meter.used(), 0U);
    EXPECT_EQ(newest->get(Quantity::Power), 1000.0);
}

TEST_F(Standby, AtTheStartTheSpareWaitsForTheFirst) {
    starts = true;
    lines[0].lives = false;
    steps(4s);
    EXPECT_EQ(meter.used(), std::nullopt);
    steps(2s);
    EXPECT_EQ(meter.used(), 1U);
}

TEST_F(Standby, ALostOneIsReplacedAtOnce) {
    steps(10s);
    lines[0].lives = false;
    lines[1].watts = 1010;
    step();
    EXPECT_EQ(meter.used(), 1U);
    EXPECT_EQ(newest->get(Quantity::Power), 1010.0);
    EXPECT_LE(now - newest->received, interval);
}

TEST_F(Standby, OneThatIsSilentIsReplacedBeforeItsDriverGivesItUp) {
    steps(10s);
    lines[0].hangs = true;
    steps(1s);
    EXPECT_EQ(meter.used(), 1U);
    EXPECT_LE(now - newest->received, interval);
}

TEST_F(Standby, ItComesBackAfterItHasLivedForAWhile) {
    steps(10s);
    lines[0].lives = false;
    steps(5s);
    lines[0].lives = true;
    steps(StandbyMeter::proof - 2s);
    EXPECT_EQ(meter.used(), 1U);
    lines[0].lives = false; // once more
    step();
    lines[0].lives = true;
    steps(StandbyMeter::proof - 2s);
    EXPECT_EQ(meter.used(), 1U);
    steps(3s);
    EXPECT_EQ(meter.used(), 0U);
}

TEST_F(Standby, OneThatHasJustComeBackIsBetterThanNone) {
    steps(10s);
    lines[0].lives = false;
    steps(5s);
    lines[0].lives = true;
    lines[1].lives = false;
    step();
    EXPECT_EQ(meter.used(), 0U);
    lines[0].lives = false;
    step();
    EXPECT_EQ(meter.used(), std::nullopt);
}

TEST_F(Standby, AContradictionIsFoundAndNeverAReasonToSwitch) {
    lines[1].watts = 5000;
    steps(30s);
    EXPECT_EQ(meter.contradiction(), std::nullopt);
    steps(40s);
    ASSERT_TRUE(meter.contradiction());
    EXPECT_EQ(*meter.contradiction(), (StandbyMeter::Contradiction{0, 1, 1000, 5000}));
    EXPECT_EQ(meter.used(), 0U);
    lines[1].watts = 1000;
    steps(70s);
    EXPECT_EQ(meter.contradiction(), std::nullopt);
}

TEST_F(Standby, AMomentInWhichTheyDifferIsNone) {
    for (int i = 0; i < 20; ++i) {
        lines[1].watts = 5000;
        steps(10s);
        lines[1].watts = 1000;
        steps(1s);
    }
    EXPECT_EQ(meter.contradiction(), std::nullopt);
}

// The reading of a consumer, at each moment: never missing, never older than the switch takes, and energy
// that only rises and is what flowed.
TEST_F(Standby, TheFirstDiesAHundredTimesAndNobodyNotices) {
    lines[0].kwh = 5000;
    lines[1].kwh = 12;
    steps(10s);
    double energy = *newest->get(Quantity::EnergyForward);
    const double began = energy - flowed;
    for (int death = 0; death < 100; ++death) {
        lines[0].lives = death % 2 == 0;
        lines[0].hangs = death % 2 != 0;
        for (int i = 0; i < 40 + death; ++i) {
            step();
            ASSERT_TRUE(meter.used());
            ASSERT_LE(now - newest->received, 1s + interval) << death;
            const auto told = newest->get(Quantity::EnergyForward);
            ASSERT_TRUE(told) << death;
            ASSERT_GE(*told, energy) << death;
            ASSERT_NEAR(*told - flowed, began, 0.005) << death;
            energy = *told;
        }
        lines[0].lives = true;
        lines[0].hangs = false;
        for (int i = 0; i < 140; ++i) {
            step();
            ASSERT_LE(now - newest->received, interval);
            ASSERT_GE(*newest->get(Quantity::EnergyForward), energy);
            energy = *newest->get(Quantity::EnergyForward);
        }
        ASSERT_EQ(meter.used(), 0U);
    }
}

TEST_F(Standby, ItsTimeNeverGoesBack) {
    auto before = Clock::time_point::min();
    for (int i = 0; i < 400; ++i) {
        lines[0].lives = i % 7 != 0;
        step();
        if (newest) {
            ASSERT_GE(newest->received, before);
            before = newest->received;
        }
    }
}

} // namespace
} // namespace gridbridge
