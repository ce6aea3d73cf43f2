// A house whose meters are read in their own paces, with clocks that go wrong: nothing may be shown that was
// not there. GRIDBRIDGE_LONG_TESTS: whole days in all paces.
#include "drivers/combine/combined_meter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <random>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

const Clock::time_point start{1h};
constexpr double day = 24 * 3600;

// Powers in W by the second of the day: what is in the house, what is in the garage behind a meter of its
// own, and the sun.
class House {
  public:
    explicit House(unsigned seed) : random_(seed) {
        switch_at_random(house_, 2000, 120, 200);     // kettle
        switch_at_random(house_, 120, 900, 1200);     // fridge
        switch_at_random(house_, 2400, 15, 40);       // oven, from thermostat to thermostat
        switch_at_random(garage_, 11000, 3600, 9000); // car
        switch_at_random(garage_, 1500, 300, 2000);   // heating
    }

    double house(double second) const { return 210 + value_at(house_, second); }
    double garage(double second) const { return 15 + value_at(garage_, second); }
    double sun(double second) const {
        const double height = std::sin((second / day - 0.25) * 2 * M_PI);
        const double clouds = 0.75 + 0.25 * std::sin(second / 90);
        return height > 0 ? 6000 * height * clouds : 0;
    }
    double grid(double second) const { return house(second) + garage(second) - sun(second); }

  private:
    using Steps = std::map<double, double>; // from a second on

    void switch_at_random(Steps& steps, double watts, double on, double off) {
        std::exponential_distribution<> lasts(1);
        for (double second = off * lasts(random_); second < day;) {
            const double until = second + 4 + on * lasts(random_);
            changes_.push_back({&steps, second, watts});
            changes_.push_back({&steps, until, -watts});
            second = until + 4 + off * lasts(random_);
        }
        std::map<double, double> sums;
        for (const Change& change : changes_) {
            if (change.steps == &steps) {
                sums[change.second] += change.watts;
            }
        }
        double all = 0;
        steps.clear();
        for (const auto& [second, change] : sums) {
            steps[second] = all += change;
        }
    }
    static double value_at(const Steps& steps, double second) {
        const auto after = steps.upper_bound(second);
        return after == steps.begin() ? 0 : std::prev(after)->second;
    }

    struct Change {
        const Steps* steps;
        double second, watts;
    };
    std::mt19937 random_;
    std::vector<Change> changes_;
    Steps house_, garage_;
};

// Read every so often; what it shows is as old as its clock is wrong.
struct ReadMeter {
    double pace, late; // s
    double next = 0;
    double kwh = 1000;
    double counted_until = next;

    template <typename Power>
    Reading read(Power power) {
        Reading reading;
        reading.received = start + std::chrono::duration_cast<Clock::duration>(Seconds(next));
        const double watts = power(next - late);
        reading.set(Quantity::Power, std::round(watts));
        kwh += std::max(watts, 0.0) * (next - counted_until) / 3.6e6;
        counted_until = next;
        reading.set(Quantity::EnergyForward, std::round(kwh * 1000) / 1000);
        next += pace;
        return reading;
    }
};

struct Seen {
    int readings = 0, spikes = 0;
    double longest_gap = 0;
};

// What was there, every 0.1 s.
class Truth {
  public:
    template <typename Power>
    explicit Truth(Power power) {
        constexpr auto count = static_cast<std::size_t>(day / step);
        watts_.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            watts_.push_back(power(static_cast<double>(i) * step));
        }
    }

    // Within the time that clocks may differ.
    bool has(double watts, double second) const {
        constexpr double around = 1.2, tolerance = 150;
        const auto place = [&](double at) {
            const double clamped = std::clamp(at / step, 0.0, static_cast<double>(watts_.size() - 1));
            return watts_.begin() + static_cast<std::ptrdiff_t>(clamped);
        };
        const auto [least, most] = std::minmax_element(place(second - around), place(second + around) + 1);
        return watts >= *least - tolerance && watts <= *most + tolerance;
    }

  private:
    static constexpr double step = 0.1;
    std::vector<double> watts_;
};

struct Paces {
    double grid, garage; // s
    double late;         // by how much the clock of the garage is wrong, s
};

struct Day {
    Day(unsigned seed, const Paces& paces, double from = 0, double to = day)
        : house(seed), grid{paces.grid, 0.05, from}, garage{paces.garage, paces.late, from}, end(to) {}

    // Each reading with its meter, in the order of time.
    template <typename Take>
    void run(Take take) {
        while (grid.next < end && garage.next < end) {
            const bool is_grid = grid.next <= garage.next;
            const Reading reading = is_grid ? grid.read([&](double at) { return house.grid(at); })
                                            : garage.read([&](double at) { return house.garage(at); });
            take(is_grid ? 0U : 1U, reading);
        }
    }

    House house;
    ReadMeter grid, garage;
    double end; // s
};

double second_of(const Reading& reading) {
    return Seconds(reading.received - start).count();
}

// `truth`: what the combination should show.
Seen combine_day(Day& world, CombineRule rule, const Truth& truth) {
    CombinedMeter combined(rule, {false, false}, 1s);
    CarriedCounters counters;
    const std::vector<std::string> whose{"grid", "garage"};
    Seen seen;
    double last = world.grid.next;
    std::optional<double> energy;
    world.run([&](std::size_t member, const Reading& reading) {
        combined.take(member, reading);
        const auto formed = combined.form(reading.received, &counters, whose);
        if (!formed) {
            return;
        }
        const double second = second_of(*formed);
        ++seen.readings;
        seen.longest_gap = std::max(seen.longest_gap, second_of(reading) - last);
        last = second_of(reading);
        seen.spikes += truth.has(*formed->get(Quantity::Power), second) ? 0 : 1;
        const auto told = formed->get(Quantity::EnergyForward);
        EXPECT_TRUE(!told || !energy || *told >= *energy);
        energy = told ? told : energy;
    });
    return seen;
}

struct CombinedHouse : testing::TestWithParam<Paces> {};

void expect_no_spike(const Seen& seen, double slower, double seconds) {
    EXPECT_EQ(seen.spikes, 0);
    EXPECT_LT(seen.longest_gap, 4.5); // a grid meter is stale after 5 s
    EXPECT_GT(seen.readings, 0.8 * seconds / slower);
}

bool is_long() {
    return std::getenv("GRIDBRIDGE_LONG_TESTS") != nullptr; // NOLINT(concurrency-mt-unsafe)
}

TEST_P(CombinedHouse, HasNoArtificialSpike) {
    const Paces& paces = GetParam();
    const double slower = std::max(paces.grid, paces.garage);
    const double from = is_long() ? 0 : 9 * 3600;
    const double to = is_long() ? day : 10 * 3600;
    Day rest(7, paces, from, to);
    expect_no_spike(combine_day(rest, CombineRule::Difference,
                                Truth([&](double at) { return rest.house.house(at) - rest.house.sun(at); })),
                    slower, to - from);
    Day sum(8, paces, from, to);
    expect_no_spike(combine_day(sum, CombineRule::Sum,
                                Truth([&](double at) { return sum.house.grid(at) + sum.house.garage(at); })),
                    slower, to - from);
}

constexpr Paces wrong_clock{1.0, 1.00007, 0.4};

INSTANTIATE_TEST_SUITE_P(OfPaces, CombinedHouse,
                         testing::Values(Paces{0.5, 1.0003, 0.0}, wrong_clock, Paces{1.0, 0.7, 0.7}));

TEST(CombinedDay, HasNoArtificialSpike) {
    Day world(9, wrong_clock);
    expect_no_spike(combine_day(world, CombineRule::Difference, Truth([&](double at) {
                                    return world.house.house(at) - world.house.sun(at);
                                })),
                    wrong_clock.garage, day);
}

// That the day has what the rule is against.
TEST(CombinedDay, WithTheNewestReadingsOfBothWouldHaveSpikes) {
    Day world(7, wrong_clock);
    const Truth truth([&](double at) { return world.house.house(at) - world.house.sun(at); });
    std::array<std::optional<Reading>, 2> newest;
    int spikes = 0;
    world.run([&](std::size_t member, const Reading& reading) {
        newest.at(member) = reading;
        if (newest[0] && newest[1]) {
            const double watts = *newest[0]->get(Quantity::Power) - *newest[1]->get(Quantity::Power);
            spikes += truth.has(watts, second_of(reading)) ? 0 : 1;
        }
    });
    EXPECT_GT(spikes, 20);
}

} // namespace
} // namespace gridbridge
