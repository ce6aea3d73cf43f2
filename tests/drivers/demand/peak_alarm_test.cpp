// Quarters of simulated houses: how early the alarm comes before the energy that is allowed is used up.
#include "drivers/demand/demand.hpp"
#include "tests/fakes/simulated_house.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace gridbridge {
namespace {

const Clock::time_point start{std::chrono::hours(1)};
constexpr int quarter = 900;
constexpr int early = 120; // s

struct Score {
    int breaches = 0, in_time = 0;
    int quiet = 0, false_alarms = 0; // quarters without a breach
};

// One house for two hours against one limit, read every `pace` seconds.
void live(unsigned seed, int pace, Score& score) {
    HouseOptions options;
    options.seed = seed;
    options.car_watts = seed % 3 == 0 ? 3700 : (seed % 3 == 1 ? 7400 : 0);
    options.pv_watts = seed % 4 == 0 ? 3000 : 0;
    const HouseCurves curves = simulate_house(options);
    std::mt19937 random(seed);
    const double limit = std::uniform_real_distribution<>(2500, 6000)(random);
    DemandOptions wanted;
    wanted.limit_watts = limit;
    Demand demand(wanted);
    double joules = 0, in_quarter = 0;
    std::optional<int> breach;
    std::vector<bool> alarms;
    for (int second = 0; second < options.seconds; ++second) {
        if (second % quarter == 0) {
            if (second > quarter) { // the first is not known from its begin
                const bool has_alarm = std::find(alarms.begin(), alarms.end(), true) != alarms.end();
                if (breach) {
                    ++score.breaches;
                    const int deadline = *breach - early;
                    score.in_time += deadline >= 0 && alarms[static_cast<std::size_t>(deadline)] ? 1 : 0;
                } else {
                    ++score.quiet;
                    score.false_alarms += has_alarm ? 1 : 0;
                }
            }
            in_quarter = 0;
            breach.reset();
            alarms.clear();
        }
        const double import = std::max(curves.grid[static_cast<std::size_t>(second)], 0.0);
        if (second % pace == 0) {
            Reading reading;
            reading.received = start + std::chrono::seconds(second);
            reading.meter_second = static_cast<std::int16_t>(second % 3600);
            reading.set(Quantity::Power, std::round(curves.grid[static_cast<std::size_t>(second)]));
            reading.set(Quantity::EnergyForward, 1000 + std::floor(joules / 3600) / 1000);
            demand.apply(reading, std::nullopt);
            alarms.push_back(reading.get(Quantity::DemandAlarm).value_or(0) > 0);
        } else {
            alarms.push_back(alarms.back());
        }
        joules += import;
        in_quarter += import;
        if (!breach && in_quarter > limit * quarter) {
            breach = second % quarter;
        }
    }
}

class PeakAlarmQuarters : public testing::TestWithParam<int> {};

TEST_P(PeakAlarmQuarters, AreSaid120SecondsBeforeTheBreach) {
    const int enough = GetParam() == 1 ? 500 : 100;
    Score score;
    for (unsigned seed = 1; score.breaches < enough; ++seed) {
        live(seed, GetParam(), score);
    }
    const double hits = 100.0 * score.in_time / score.breaches;
    std::printf(
        "readings every %d s: %d of %d breaches said %d s before (%.1f %%), %d of %d quarters without a "
        "breach had an alarm (%.1f %%)\n",
        GetParam(), score.in_time, score.breaches, early, hits, score.false_alarms, score.quiet,
        100.0 * score.false_alarms / score.quiet);
    EXPECT_GE(hits, 95);
    EXPECT_LE(100.0 * score.false_alarms / score.quiet, 10);
}

INSTANTIATE_TEST_SUITE_P(Paces, PeakAlarmQuarters, testing::Values(1, 10));

} // namespace
} // namespace gridbridge
