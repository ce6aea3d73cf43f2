#include "mqtt/doctor/load_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using enum LoadState;

constexpr Clock::time_point start{1h};
constexpr std::array<Quantity, 3> powers{Quantity::PowerL1, Quantity::PowerL2, Quantity::PowerL3};

// A house with a meter, and people who do what the test says.
class House {
  public:
    explicit House(Clock::duration interval = 1s, std::vector<std::size_t> phases = {})
        : interval_(interval), test(2000, std::move(phases), start) {}

    // Runs until the test is in that state; false: not within ten minutes.
    bool run_until(LoadState state) {
        const auto limit = now + 10min;
        while (test.progress().state != state && now < limit) {
            step();
        }
        return test.progress().state == state;
    }
    void run(Clock::duration time) {
        for (const auto until = now + time; now < until;) {
            step();
        }
    }
    // A load goes on where the phase is, and off when the test says so.
    bool take_turn(std::size_t phase, double watts) {
        if (!run_until(SwitchOn)) {
            return false;
        }
        run(3s);
        load.at(phase - 1) += watts;
        const bool is_seen = run_until(SwitchOff);
        run(3s);
        load.at(phase - 1) -= watts;
        const auto seen = test.progress().phase;
        for (int i = 0; i < 100 && test.progress().phase == seen; ++i) {
            step();
        }
        return is_seen;
    }
    void step() {
        now += interval_;
        Reading reading;
        reading.received = now;
        double sum = 0;
        for (std::size_t i = 0; i < powers.size(); ++i) {
            const double watts = load.at(i) + noise_ * spread_(engine_);
            sum += watts;
            if (!only_total) {
                reading.set(powers.at(i), watts);
            }
        }
        reading.set(Quantity::Power, sum);
        test.reading(reading, now);
    }
    void set_noise(double watts) { noise_ = watts; }

    std::array<double, 3> load{300, -1500, 20}; // L2 feeds in
    bool only_total = false;
    Clock::time_point now = start;

  private:
    Clock::duration interval_;
    double noise_ = 1;
    std::minstd_rand engine_{1};
    std::uniform_real_distribution<double> spread_{-1, 1};

  public:
    LoadTest test;
};

TEST(LoadTest, EveryPhaseInItsTurn) {
    for (const Clock::duration interval :
         {Clock::duration(250ms), Clock::duration(1s), Clock::duration(10s)}) {
        House house(interval);
        EXPECT_EQ(house.test.progress().state, Prepare);
        ASSERT_TRUE(house.run_until(SwitchOn));
        EXPECT_EQ(house.test.progress().text, "Switch a load of about 2000 W on L1 on now.");
        EXPECT_TRUE(house.take_turn(1, 1980));
        EXPECT_THAT(house.test.progress().sentences, ElementsAre("L1: +1980 W: right"));
        EXPECT_EQ(house.test.progress().phase, "L2");
        EXPECT_TRUE(house.take_turn(2, 2100));
        EXPECT_TRUE(house.take_turn(3, 1700));
        EXPECT_THAT(house.test.progress().sentences,
                    ElementsAre("L1: +1980 W: right", "L2: +2100 W: right", "L3: +1700 W: right"));
        EXPECT_EQ(house.test.progress().state, Done);
        EXPECT_EQ(house.test.progress().text, "All is right.");
        EXPECT_TRUE(house.test.progress().is_right);
    }
}

TEST(LoadTest, ATransformerTheWrongWayRound) {
    House house(1s, {1});
    EXPECT_TRUE(house.take_turn(1, -1990));
    EXPECT_THAT(house.test.progress().sentences, ElementsAre("L1: -1990 W: measured in reverse"));
    EXPECT_EQ(house.test.progress().state, Done);
    EXPECT_THAT(house.test.progress().text, StartsWith("Turn the current transformer"));
    EXPECT_FALSE(house.test.progress().is_right);
}

TEST(LoadTest, ExchangedPhases) {
    House house;
    EXPECT_TRUE(house.take_turn(2, 2000));
    EXPECT_TRUE(house.take_turn(1, 2000));
    EXPECT_TRUE(house.take_turn(3, 2000));
    EXPECT_THAT(house.test.progress().sentences,
                ElementsAre("L1: the step came on L2 (+2000 W)", "L2: the step came on L1 (+2000 W)",
                            "L3: +2000 W: right"));
    EXPECT_THAT(house.test.progress().text, HasSubstr("exchange their wires"));
    EXPECT_FALSE(house.test.progress().is_right);
}

TEST(LoadTest, NobodySwitchesAnythingOn) {
    House house(1s, {1, 2});
    house.set_noise(400);
    ASSERT_TRUE(house.run_until(SwitchOn));
    const auto asked = house.now;
    while (house.test.progress().sentences.empty()) {
        house.load[0] += 8; // the sun goes: 1 kW in 2 minutes
        house.step();
    }
    EXPECT_EQ(house.now - asked, 2min);
    EXPECT_THAT(house.test.progress().sentences, ElementsAre("L1: no step within 2 minutes"));
    EXPECT_EQ(house.test.progress().phase, "L2");
    ASSERT_TRUE(house.run_until(Done));
    EXPECT_FALSE(house.test.progress().is_right);
}

TEST(LoadTest, ShortAndSmallLoadsAreNoSteps) {
    House house(500ms, {1});
    ASSERT_TRUE(house.run_until(SwitchOn));
    for (int i = 0; i < 5; ++i) {
        house.load[0] += 2000;
        house.run(1500ms);
        house.load[0] -= 2000;
        house.run(5s);
        house.load[0] += i % 2 == 0 ? 800 : -800;
        house.run(5s);
        house.load[1] += 5000; // larger than ours can be
        house.run(5s);
    }
    EXPECT_EQ(house.test.progress().state, SwitchOn);
    EXPECT_THAT(house.test.progress().sentences, IsEmpty());
}

TEST(LoadTest, AnotherApplianceAMomentBefore) {
    House house;
    ASSERT_TRUE(house.run_until(SwitchOn));
    house.load[2] += 1800;
    house.run(3s);
    EXPECT_TRUE(house.take_turn(1, 2000));
    EXPECT_THAT(house.test.progress().sentences, ElementsAre("L1: +2000 W: right"));
}

TEST(LoadTest, AnotherApplianceWellBefore) {
    House house;
    ASSERT_TRUE(house.run_until(SwitchOn));
    house.load[2] += 1800;
    ASSERT_TRUE(house.run_until(SwitchOff));
    EXPECT_THAT(house.test.progress().sentences, ElementsAre("L1: the step came on L3 (+1800 W)"));
    house.load[0] += 2000;
    house.run(8s);
    EXPECT_THAT(house.test.progress().sentences, ElementsAre("L1: +2000 W: right"))
        << "the load that people switched is on L1";
    house.load[0] -= 2000;
    ASSERT_TRUE(house.run_until(SwitchOn));
    EXPECT_EQ(house.test.progress().phase, "L2");
}

TEST(LoadTest, ALoadThatDoesNotGoMayBeAnother) {
    House house(1s, {1});
    ASSERT_TRUE(house.run_until(SwitchOn));
    house.load[0] += 2000;
    ASSERT_TRUE(house.run_until(Done));
    EXPECT_THAT(house.test.progress().sentences,
                ElementsAre("L1: +2000 W: right",
                            "L1: no step back when it should be off: it may have been another load"));
    EXPECT_THAT(house.test.progress().text, HasSubstr("Repeat the test"));
}

TEST(LoadTest, ALostMeterIsSaidAndThePhaseBeginsAnew) {
    House house(1s, {1});
    ASSERT_TRUE(house.run_until(SwitchOn));
    house.test.lost(house.now);
    EXPECT_EQ(house.test.progress().state, Lost);
    EXPECT_THAT(house.test.progress().text, StartsWith("The meter no longer answers."));
    house.now += 30s;
    house.load[0] = 4000; // what changed meanwhile is no step
    house.step();
    EXPECT_EQ(house.test.progress().state, Prepare);
    EXPECT_TRUE(house.take_turn(1, 2000));
    EXPECT_EQ(house.test.progress().sentences.back(), "L1: +2000 W: right");
}

TEST(LoadTest, AMeterThatStaysAwayEndsTheTest) {
    House house(1s, {1});
    ASSERT_TRUE(house.run_until(SwitchOn));
    house.test.lost(house.now);
    EXPECT_EQ(house.test.next_tick(), house.now + 2min);
    house.test.tick(house.now + 2min);
    EXPECT_EQ(house.test.progress().state, Ended);
    EXPECT_TRUE(house.test.is_over());
    house.step();
    EXPECT_EQ(house.test.progress().state, Ended);
}

TEST(LoadTest, AMeterWithATotalOnlyHasOneTurn) {
    House house;
    house.only_total = true;
    EXPECT_TRUE(house.take_turn(2, 2000));
    EXPECT_THAT(house.test.progress().sentences, ElementsAre("total: +2000 W: right"));
    EXPECT_EQ(house.test.progress().state, Done);
}

} // namespace
} // namespace gridbridge
