#include "drivers/combine/carried_counters.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace gridbridge {
namespace {

constexpr Quantity energy = Quantity::EnergyForward;
const std::vector<int> sum{1, 1};
const std::vector<int> difference{1, -1};
using Counts = std::vector<MemberCount>;

TEST(CarriedCounters, ASumBeginsWithWhatItsMembersShowAndGoesOnWithThem) {
    CarriedCounters counters;
    EXPECT_EQ(counters.add(energy, Counts{{"A", 10}, {"B", 5.5}}, sum), 15.5);
    EXPECT_EQ(counters.add(energy, Counts{{"A", 10.25}, {"B", 6}}, sum), 16.25);
}

TEST(CarriedCounters, ADifferenceThatFallsIsUnknownUntilItExceedsItsMark) {
    CarriedCounters counters;
    EXPECT_EQ(counters.add(energy, Counts{{"A", 10}, {"B", 5}}, difference), 5.0);
    EXPECT_EQ(counters.add(energy, Counts{{"A", 10}, {"B", 5.2}}, difference), std::nullopt);
    EXPECT_EQ(counters.add(energy, Counts{{"A", 10.1}, {"B", 5.2}}, difference), std::nullopt);
    EXPECT_EQ(counters.add(energy, Counts{{"A", 10.3}, {"B", 5.2}}, difference), 5.1);
}

TEST(CarriedCounters, ADifferenceThatWouldBeginBelowZeroBeginsAtZero) {
    CarriedCounters counters;
    EXPECT_EQ(counters.add(energy, Counts{{"A", 1}, {"B", 5}}, difference), 0.0);
    EXPECT_EQ(counters.add(energy, Counts{{"A", 2}, {"B", 5}}, difference), 1.0);
}

TEST(CarriedCounters, TheMarkOfADifferenceSurvivesARestart) {
    CarriedCounters counters;
    counters.add(energy, Counts{{"A", 10}, {"B", 5}}, difference);
    EXPECT_TRUE(counters.take_must_be_kept());
    counters.add(energy, Counts{{"A", 10}, {"B", 6}}, difference);
    EXPECT_TRUE(counters.take_must_be_kept()); // it fell
    CarriedCounters after(counters.kept());
    EXPECT_EQ(after.add(energy, Counts{{"A", 10.5}, {"B", 6}}, difference), std::nullopt);
    EXPECT_EQ(after.add(energy, Counts{{"A", 11.5}, {"B", 6}}, difference), 5.5);
}

// Kept now and then and killed between, with one member in use; the next run finds only the other one, which
// counts a little less.
TEST(CarriedCounters, AStandbyThatStartsOnItsSpareNeverFallsAfterAKill) {
    double first = 100, spare = 40;
    const auto both = [&] { return Counts{{"A", first}, {"B", spare}}; };
    CarriedCounters counters;
    counters.follow(energy, both(), 0);
    auto kept = counters.kept();
    kept.may_be_old();
    double told = 0;
    for (int step = 0; step < 100; ++step) {
        first += 0.01;
        spare += 0.0098;
        told = counters.follow(energy, both(), 0).value();
    }
    CarriedCounters after(kept);
    EXPECT_EQ(after.follow(energy, Counts{{"A", std::nullopt}, {"B", spare}}, 1), std::nullopt)
        << "less than was told";
    std::optional<double> next;
    for (int step = 0; step < 100 && !next; ++step) {
        spare += 0.01;
        next = after.follow(energy, Counts{{"A", std::nullopt}, {"B", spare}}, 1);
    }
    EXPECT_GE(next.value_or(0), told);
    CarriedCounters same(kept);
    EXPECT_EQ(same.follow(energy, both(), 0), std::optional(101.0)) << "what was used goes on at once";
}

// It is kept now and then, and the program is killed between.
TEST(CarriedCounters, ADifferenceNeverFallsOverKills) {
    for (unsigned seed = 1; seed <= 300; ++seed) {
        std::mt19937 random(seed);
        const auto below = [&](unsigned limit) { return random() % limit; };
        CarriedCounters counters;
        CarriedCounters::Kept kept;
        double a = 100, b = 20;
        double highest = 0;
        for (int step = 0; step < 400; ++step) {
            a += 0.001 * static_cast<double>(below(10));
            b += 0.001 * static_cast<double>(below(9));
            if (below(40) == 0) {
                kept.may_be_old();
                counters = CarriedCounters(kept);
            }
            if (const auto told = counters.add(energy, Counts{{"A", a}, {"B", b}}, difference)) {
                ASSERT_GE(*told, highest) << seed;
                highest = *told;
            }
            if (counters.take_must_be_kept() || below(30) == 0) {
                kept = counters.kept();
            }
        }
    }
}

TEST(CarriedCounters, WhatMembersCountedWhileNobodyLookedIsThere) {
    CarriedCounters counters;
    counters.add(energy, Counts{{"A", 10}, {"B", 5}}, sum);
    CarriedCounters after(counters.kept());
    EXPECT_EQ(after.add(energy, Counts{{"A", 12}, {"B", 5}}, sum), 17.0);
}

TEST(CarriedCounters, AnExchangedMemberGoesOnByItsIncrements) {
    CarriedCounters counters;
    counters.add(energy, Counts{{"A", 10}, {"B", 5}}, sum);
    counters.take_must_be_kept();
    EXPECT_EQ(counters.add(energy, Counts{{"A", 10}, {"new", 70000}}, sum), 15.0);
    EXPECT_TRUE(counters.take_must_be_kept());
    EXPECT_EQ(counters.add(energy, Counts{{"A", 10}, {"new", 70001}}, sum), 16.0);
    // The former one has counted elsewhere.
    EXPECT_EQ(counters.add(energy, Counts{{"A", 10}, {"B", 900}}, sum), 16.0);
    EXPECT_EQ(counters.add(energy, Counts{{"A", 11}, {"B", 901}}, sum), 18.0);
}

TEST(CarriedCounters, ACounterThatBeginsAnewTakesNothingBack) {
    CarriedCounters counters;
    counters.add(energy, Counts{{"A", 10}, {"B", 5}}, sum);
    EXPECT_EQ(counters.add(energy, Counts{{"A", 0}, {"B", 5}}, sum), 15.0);
    EXPECT_EQ(counters.add(energy, Counts{{"A", 1}, {"B", 5}}, sum), 16.0);
}

TEST(CarriedCounters, AStandbyShowsItsFirstMeterAndGoesOnWithTheIncrementsOfTheNext) {
    CarriedCounters counters;
    EXPECT_EQ(counters.follow(energy, Counts{{"A", 1000}, {"B", 7}}, 0), 1000.0);
    EXPECT_EQ(counters.follow(energy, Counts{{"A", 1001}, {"B", 8}}, 0), 1001.0);
    EXPECT_EQ(counters.follow(energy, Counts{{"A", {}}, {"B", 8.5}}, 1), 1001.5); // from 8 on, not from 7
    EXPECT_EQ(counters.follow(energy, Counts{{"A", {}}, {"B", 10}}, 1), 1003.0);
    EXPECT_EQ(counters.follow(energy, Counts{{"A", 1005}, {"B", 10.25}}, 1), 1003.25);
    EXPECT_EQ(counters.follow(energy, Counts{{"A", 1005.5}, {"B", 10.5}}, 0), 1003.75); // not counted twice
}

TEST(CarriedCounters, AStandbyWhoseMetersWereAllAwayGoesOnWithTheOneItHadUsed) {
    CarriedCounters counters;
    counters.follow(energy, Counts{{"A", 1000}, {"B", 7}}, 0);
    CarriedCounters after(counters.kept());
    EXPECT_EQ(after.follow(energy, Counts{{"A", 1003}, {"B", {}}}, 0), 1003.0);
}

TEST(CarriedCounters, WhatTheSpareDoesNotCountGoesOnWithTheFirst) {
    CarriedCounters counters;
    counters.follow(energy, Counts{{"A", 1000}, {"B", {}}}, 0);
    EXPECT_EQ(counters.follow(energy, Counts{{"A", 1001}, {"B", {}}}, 1), std::nullopt);
    EXPECT_EQ(counters.follow(energy, Counts{{"A", 1002}, {"B", {}}}, 0), 1002.0);
}

TEST(CarriedCounters, AChangeOfTheMeterInUseIsToBeKept) {
    CarriedCounters counters;
    counters.follow(energy, Counts{{"A", 1000}, {"B", 7}}, 0);
    counters.take_must_be_kept();
    counters.follow(energy, Counts{{"A", 1001}, {"B", 7}}, 0);
    EXPECT_FALSE(counters.take_must_be_kept());
    counters.follow(energy, Counts{{"A", {}}, {"B", 7}}, 1);
    EXPECT_TRUE(counters.take_must_be_kept());
}

// Two meters of one connection with offsets of their own come and go, restarts in between.
TEST(CarriedCounters, AStandbyNeverFallsAndNeverCountsMoreThanFlowed) {
    for (unsigned seed = 1; seed <= 300; ++seed) {
        std::mt19937 random(seed);
        const auto chance = [&](double share) {
            return std::uniform_real_distribution<>(0, 1)(random) < share;
        };
        CarriedCounters counters;
        double flowed = 0;
        std::optional<double> before;
        std::array<bool, 2> lives{true, true};
        bool is_certain = true;
        for (int step = 0; step < 200; ++step) {
            flowed += std::uniform_real_distribution<>(0, 0.01)(random);
            lives = {chance(0.8), chance(0.8)};
            if (chance(0.02)) {
                auto kept = counters.kept();
                if (chance(0.5)) {
                    kept.may_be_old();
                    is_certain = false;
                }
                counters = CarriedCounters(std::move(kept));
            }
            if (!lives[0] && !lives[1]) {
                continue;
            }
            const Counts counts{{"A", lives[0] ? std::optional(100 + flowed) : std::nullopt},
                                {"B", lives[1] ? std::optional(9 + flowed) : std::nullopt}};
            const auto told = counters.follow(energy, counts, lives[0] ? 0 : 1);
            ASSERT_TRUE(told || !is_certain) << seed;
            if (!told) { // after a kill, with another member in use
                continue;
            }
            is_certain = true;
            const double first = before.value_or(*told);
            ASSERT_GE(*told, first) << seed;
            ASSERT_LE(*told, 100 + flowed + 1e-5) << seed;
            before = told;
        }
    }
}

} // namespace
} // namespace gridbridge
