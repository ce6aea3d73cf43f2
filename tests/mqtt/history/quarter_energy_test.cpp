#include "mqtt/history/quarter_energy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

namespace gridbridge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr double begin = 1'764'500'400; // a quarter begins
static_assert(static_cast<std::int64_t>(begin) % 900 == 0);

CounterSample sample(double seconds, std::optional<double> import_kwh,
                     std::optional<double> export_kwh = {}) {
    return {begin + seconds,
            Clock::time_point(std::chrono::milliseconds(static_cast<long>(seconds * 1000))),
            {import_kwh, export_kwh}};
}

QuarterRow row(int number, std::optional<int> import_wh, std::optional<int> export_wh, bool estimated) {
    return {static_cast<std::int64_t>(begin) + number * 900, import_wh, export_wh, estimated};
}

class QuarterEnergyTest : public testing::Test {
  protected:
    // Every `step` seconds, from <= time <= to; 3.6 kW, so 1 Wh/s, and 0.1 Wh/s out.
    void feed(double from, double to, double step = 1) {
        for (double time = from; time <= to; time += step) {
            energy_.take(sample(time, 100 + time / 1000, 50 + time / 10000), rows_);
        }
    }

    QuarterEnergy energy_;
    std::vector<QuarterRow> rows_;
};

TEST_F(QuarterEnergyTest, AWholeQuarterIsMeasured) {
    feed(0, 900);
    EXPECT_THAT(rows_, ElementsAre(row(0, 900, 90, false)));
}

TEST_F(QuarterEnergyTest, WhatMovesOverTheBoundaryIsSharedByTime) {
    feed(0, 1800, 40); // 880 s, 920 s
    EXPECT_THAT(rows_, ElementsAre(row(0, 900, 90, false), row(1, 900, 90, false)));
}

TEST_F(QuarterEnergyTest, AStartWithinAQuarterLeavesItEstimated) {
    feed(300, 1800);
    EXPECT_THAT(rows_, ElementsAre(row(0, 600, 60, true), row(1, 900, 90, false)));
}

TEST_F(QuarterEnergyTest, AStartRightAfterTheBoundaryDoesNot) {
    feed(10, 900);
    EXPECT_THAT(rows_, ElementsAre(row(0, 890, 89, false)));
}

TEST_F(QuarterEnergyTest, AMissingPartIsFilledAndMarked) {
    feed(0, 100);
    feed(500, 1800);
    EXPECT_THAT(rows_, ElementsAre(row(0, 900, 90, true), row(1, 900, 90, false)));
}

TEST_F(QuarterEnergyTest, AGapOverSeveralQuartersIsSpreadEvenlyAndMarked) {
    feed(0, 800);
    feed(3000, 3600);
    EXPECT_THAT(rows_, ElementsAre(row(0, 900, 90, true), row(1, 900, 90, true), row(2, 900, 90, true),
                                   row(3, 900, 90, true)));
}

TEST_F(QuarterEnergyTest, AGapOfMoreThanADayIsNobodys) {
    feed(0, 800);
    const double later = 2 * 86400;
    feed(later, later + 900);
    EXPECT_THAT(rows_, ElementsAre(row(0, 800, 80, true), row(192, 900, 90, true)));
}

TEST_F(QuarterEnergyTest, AnExchangedCounterIsMarkedAndMovesNothing) {
    feed(0, 400);
    for (double time = 401; time <= 1800; ++time) { // another counter
        energy_.take(sample(time, 5 + time / 1000, 60000 + time / 10000), rows_);
    }
    EXPECT_THAT(rows_, ElementsAre(row(0, 899, 90, true), row(1, 900, 90, false)));
}

TEST_F(QuarterEnergyTest, AMeterWithoutExportHasNone) {
    for (double time = 0; time <= 900; ++time) {
        energy_.take(sample(time, time / 1000), rows_);
    }
    EXPECT_THAT(rows_, ElementsAre(row(0, 900, std::nullopt, false)));
}

TEST_F(QuarterEnergyTest, ACounterThatIsHeldForAMomentMovesNothingElse) {
    for (double time = 0; time <= 1800; ++time) {
        const bool is_held = time > 890 && time < 920;
        energy_.take(sample(time, is_held ? std::nullopt : std::optional(time / 1000), time / 10000), rows_);
    }
    ASSERT_THAT(rows_, SizeIs(2));
    EXPECT_EQ(*rows_[0].import_wh + *rows_[1].import_wh, 1800);
    EXPECT_THAT(rows_[1], row(1, rows_[1].import_wh, 90, false));
}

TEST_F(QuarterEnergyTest, AClockThatIsSetMarksBothSidesAndLosesNothing) {
    feed(0, 400);
    for (double time = 401; time <= 2000; ++time) { // an hour ahead
        CounterSample set = sample(time, 100 + time / 1000, 50 + time / 10000);
        set.time += 3600;
        energy_.take(set, rows_);
    }
    EXPECT_THAT(rows_, ElementsAre(row(0, 400, 40, true), row(4, 500, 50, true), row(5, 900, 90, false)));
}

TEST_F(QuarterEnergyTest, AClockThatGoesBackAMomentIsNothing) {
    feed(0, 899.5, 0.5);
    energy_.take(sample(900.1, 100.9, 50.09), rows_);
    CounterSample back = sample(900.6, 100.9006, 50.09);
    back.time -= 1;
    energy_.take(back, rows_);
    feed(901, 1800);
    EXPECT_THAT(rows_, ElementsAre(row(0, 900, 90, false), row(1, 900, 90, false)));
}

TEST_F(QuarterEnergyTest, TheNextRunGoesOnFromTheCountersOfTheLastQuarter) {
    feed(0, 1000);
    const auto counters = energy_.counters();
    ASSERT_TRUE(counters);
    EXPECT_EQ(*counters, (CountersAt{static_cast<std::int64_t>(begin) + 900, 100900, 50090}));
    const auto run = [&](bool is_late) {
        QuarterEnergy next;
        std::vector<QuarterRow> rows;
        const auto take = [&](double from, double to) {
            for (double time = from; time <= to; ++time) {
                next.take(sample(time, 100 + time / 1000, 50 + time / 10000), rows);
            }
        };
        if (!is_late) {
            next.resume(*counters, rows);
        }
        take(2000, 2100);
        if (is_late) { // the disk was slow
            next.resume(*counters, rows);
        }
        take(2101, 3600);
        return rows;
    };
    for (const bool is_late : {false, true}) {
        EXPECT_THAT(run(is_late),
                    ElementsAre(row(1, 900, 90, true), row(2, 900, 90, true), row(3, 900, 90, false)))
            << is_late;
    }
}

TEST_F(QuarterEnergyTest, CountersOfLastWeekAreNotGoneOnFrom) {
    energy_.resume({static_cast<std::int64_t>(begin) - 7 * 86400, 1, 1}, rows_);
    feed(0, 900);
    EXPECT_THAT(rows_, ElementsAre(row(0, 900, 90, false)));
}

TEST(QuarterClock, FollowsTheMeter) {
    EXPECT_EQ(on_meter_clock(begin + 899.5, std::int16_t{1}), begin + 901) << "the meter is ahead";
    EXPECT_EQ(on_meter_clock(begin + 901.5, std::int16_t{898}), begin + 898) << "the meter is behind";
    EXPECT_EQ(on_meter_clock(begin + 10, std::int16_t{1810}), begin + 10);
    EXPECT_EQ(on_meter_clock(begin + 10.25, std::nullopt), begin + 10.25);
}

// Whatever happens in between, no Wh is counted twice, and with the counters always there none is lost.
TEST(QuarterEnergyProperty, TheSumIsWhatTheCountersMoved) {
    std::mt19937 random(7); // NOLINT: the same each time
    for (int round = 0; round < 300; ++round) {
        QuarterEnergy energy;
        std::vector<QuarterRow> rows;
        double time = static_cast<double>(random() % 900);
        double kwh = static_cast<double>(random() % 100000) / 10;
        const double first = kwh;
        for (int i = 0; i < 400; ++i) {
            energy.take(sample(time, kwh), rows);
            const bool is_gap = random() % 50 == 0;
            const double pause =
                is_gap ? static_cast<double>(random() % 20000) + 1 : 0.2 + random() % 600 / 10.0;
            time += pause;
            kwh += pause / 3600 * (random() % 20);
        }
        energy.take(sample(time, kwh), rows);
        std::int64_t sum = energy.running()->import_wh.value_or(0);
        std::int64_t newest = 0;
        for (const QuarterRow& one : rows) {
            EXPECT_GT(one.time, newest);
            newest = one.time;
            sum += *one.import_wh;
        }
        EXPECT_NEAR(static_cast<double>(sum), (kwh - first) * 1000, 1.0) << round;
        EXPECT_EQ(std::llround((kwh - first) * 1000), sum) << round;
    }
}

// Against the counter itself at each boundary, which moves evenly between readings here.
TEST(QuarterEnergyProperty, EachQuarterIsTheDifferenceAtItsBoundaries) {
    std::mt19937 random(11); // NOLINT
    const auto counter = [](double time) { return 20 + time * 0.001 + 3 * std::sin(time / 4000); };
    QuarterEnergy energy;
    std::vector<QuarterRow> rows;
    for (double time = 0; time < 40000; time += 0.5 + random() % 100 / 20.0) {
        energy.take(sample(time, counter(time)), rows);
    }
    ASSERT_THAT(rows, SizeIs(testing::Ge(40U)));
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const double from = static_cast<double>(i) * 900;
        const double moved = (counter(from + 900) - counter(from)) * 1000;
        EXPECT_NEAR(*rows[i].import_wh, std::max(moved, 0.0), 2.5) << i;
        EXPECT_FALSE(rows[i].estimated) << i;
    }
}

} // namespace
} // namespace gridbridge
