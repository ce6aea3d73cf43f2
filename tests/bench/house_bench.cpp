// Two hours of a simulated house with a roof of cells, a battery and a car: how far what is formed of its
// meters is from what was there. Argument: the number of the house.
#include "drivers/combine/combined_meter.hpp"
#include "drivers/combine/standby_meter.hpp"
#include "drivers/demand/demand.hpp"
#include "drivers/values/counter_kind.hpp"
#include "drivers/values/netted_energy.hpp"
#include "drivers/waist/phase_quantities.hpp"
#include "tests/fakes/simulated_house.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace gridbridge {
namespace {

const Clock::time_point start{std::chrono::hours(1)};
constexpr double joules_per_kwh = 3.6e6;
constexpr int quarter = 900;

Clock::time_point at(double second) {
    return start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(second));
}

// A curve as it passes, and what of it was imported.
class Truth {
  public:
    explicit Truth(std::vector<double> watts) : watts_(std::move(watts)), joules_(1, 0) {
        for (const double value : watts_) {
            joules_.push_back(joules_.back() + std::max(value, 0.0));
        }
    }
    double watts(double second) const { return watts_[index(second)]; }
    double joules(double second) const {
        const std::size_t whole = index(second);
        return joules_[whole] + (second - static_cast<double>(whole)) * std::max(watts_[whole], 0.0);
    }
    // Of anything that was there around that second.
    double error(double watts, double second) const {
        constexpr double around = 1.5;
        const auto first = watts_.begin() + static_cast<std::ptrdiff_t>(index(second - around));
        const auto last = watts_.begin() + static_cast<std::ptrdiff_t>(index(second + around)) + 1;
        const auto [least, most] = std::minmax_element(first, last);
        return std::max({*least - watts, watts - *most, 0.0});
    }

  private:
    std::size_t index(double second) const {
        return static_cast<std::size_t>(
            std::clamp(std::floor(second), 0.0, static_cast<double>(watts_.size() - 1)));
    }
    std::vector<double> watts_, joules_;
};

// Reads a curve every `pace` s, from `first` on.
struct SimulatedMeter {
    const Truth& truth;
    double pace, first;
    double kwh_step; // of its counter
    double base;     // kWh at the start
    bool has_clock = false;

    double next() const { return first + pace * static_cast<double>(count); }
    Reading read() {
        const double second = next();
        ++count;
        Reading reading;
        reading.received = at(second);
        reading.set(Quantity::Power, std::round(truth.watts(second)));
        reading.set(Quantity::PowerL1, reading.get(Quantity::Power));
        const double kwh = base + truth.joules(second) / joules_per_kwh;
        reading.set(Quantity::EnergyForward, std::round(std::floor(kwh / kwh_step + 1e-9)) * kwh_step);
        if (has_clock) {
            reading.meter_second = static_cast<std::int16_t>(static_cast<int>(second) % 3600);
            reading.meter_month = static_cast<std::int16_t>(12 * 2026);
        }
        return reading;
    }
    int count = 0;
};

// All readings of several meters in the order of time.
void pass(std::vector<SimulatedMeter>& meters, double until,
          const std::function<void(std::size_t meter, const Reading& reading)>& take) {
    while (true) {
        const auto next = std::min_element(meters.begin(), meters.end(),
                                           [](const auto& a, const auto& b) { return a.next() < b.next(); });
        if (next->next() >= until) {
            return;
        }
        const auto index = static_cast<std::size_t>(next - meters.begin());
        take(index, next->read());
    }
}

double second_of(Clock::time_point time) {
    return std::chrono::duration<double>(time - start).count();
}

struct Errors {
    double sum = 0, most = 0;
    int count = 0;
    void add(double error) {
        sum += std::abs(error);
        most = std::max(most, std::abs(error));
        ++count;
    }
    double mean() const { return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN(); }
};

void combine(const char* name, CombineRule rule, const Truth& one, const Truth& other, const Truth& result,
             double seconds) {
    std::vector<SimulatedMeter> meters{{one, 0.5, 0, 1e-3, 100}, {other, 1.0003, 0.2, 1e-3, 40}};
    CombinedMeter combined(rule, {false, false}, std::chrono::seconds(1));
    CarriedCounters counters;
    const std::vector<std::string> whose{"one", "other"};
    Errors power;
    std::optional<double> first, newest;
    double first_at = 0, newest_at = 0, longest = 0;
    pass(meters, seconds, [&](std::size_t member, const Reading& reading) {
        combined.take(member, reading);
        const auto formed = combined.form(reading.received, &counters, whose);
        if (!formed) {
            return;
        }
        const double second = second_of(formed->received);
        longest = first ? std::max(longest, second - newest_at) : 0;
        power.add(result.error(*formed->get(Quantity::Power), second));
        newest = formed->get(Quantity::EnergyForward);
        newest_at = second;
        if (!first) {
            first = newest;
            first_at = second;
        }
    });
    const auto counted = [&](const Truth& truth) { return truth.joules(newest_at) - truth.joules(first_at); };
    const double sign = rule == CombineRule::Difference ? -1 : 1;
    const double kwh = (counted(one) + sign * counted(other)) / joules_per_kwh;
    std::printf(
        "  %-28s power: mean %.1f W, most %.1f W beyond what was there; energy: %+.1f of %.0f Wh; longest "
        "gap %.1f s\n",
        name, power.mean(), power.most, 1000 * (*newest - *first - kwh), 1000 * kwh, longest);
}

void combined_meters(const HouseCurves& house, double seconds) {
    std::vector<double> both = house.house, use = house.house;
    for (std::size_t i = 0; i < both.size(); ++i) {
        use[i] = both[i] + house.car[i];
    }
    combine("sum of house and car", CombineRule::Sum, Truth(house.house), Truth(house.car), Truth(use),
            seconds);
    combine("house as use without car", CombineRule::Difference, Truth(use), Truth(house.car),
            Truth(house.house), seconds);
}

// A main meter that is away now and then, and a spare that is read more slowly.
void standby(const HouseCurves& house, double seconds) {
    const Truth truth(house.grid);
    std::vector<SimulatedMeter> meters{{truth, 0.5, 0, 1e-3, 100}, {truth, 1.0, 0.3, 1e-3, 7000}};
    const auto is_away = [](double second) {
        return std::fmod(second, 1500) > 1200 && std::fmod(second, 1500) < 1320;
    };
    constexpr std::array overdue{std::chrono::milliseconds(1500), std::chrono::milliseconds(3000)};
    std::array<Reading, 2> newest;
    std::array<StandbyMember, 2> members{StandbyMember{nullptr, {}, true, "main"},
                                         StandbyMember{nullptr, {}, true, "spare"}};
    StandbyMeter meter(members.size());
    CarriedCounters counters;
    Errors power;
    std::optional<double> first, last;
    double first_at = 0, last_at = 0, longest = 0;
    int changes = 0;
    std::optional<std::size_t> used;
    pass(meters, seconds, [&](std::size_t index, const Reading& reading) {
        const double now = second_of(reading.received);
        if (index == 0 && is_away(now)) {
            members[0].reading = now - second_of(newest[0].received) > 1.5 ? nullptr : members[0].reading;
        } else {
            newest.at(index) = reading;
            members.at(index) = {&newest.at(index), reading.received + overdue.at(index), false,
                                 members.at(index).whose};
        }
        const auto formed = meter.form(members, reading.received, &counters);
        changes += used && meter.used() && used != meter.used() ? 1 : 0;
        used = meter.used() ? meter.used() : used;
        if (!formed) {
            return;
        }
        power.add(truth.error(*formed->get(Quantity::Power), second_of(formed->received)));
        longest = first ? std::max(longest, now - last_at) : 0;
        last_at = now;
        if (const auto kwh = formed->get(Quantity::EnergyForward)) {
            last = kwh;
            if (!first) {
                first = kwh;
                first_at = now;
            }
        }
    });
    const double kwh = (truth.joules(last_at) - truth.joules(first_at)) / joules_per_kwh;
    std::printf(
        "  %-28s %d changes; power: mean %.1f W, most %.1f W; energy: %+.1f of %.0f Wh; longest gap %.1f s\n",
        "spare for 2 of 25 minutes", changes, power.mean(), power.most, 1000 * (*last - *first - kwh),
        1000 * kwh, longest);
}

void demand(const char* name, const Truth& truth, double pace, double step, double seconds) {
    std::vector<SimulatedMeter> meters{{truth, pace, 0, step, 1000, true}};
    DemandOptions options;
    options.limit_watts = 4000;
    Demand reckoned(options);
    Errors means, at_five, at_ten;
    std::array<std::optional<double>, 2> forecasts;
    double peak = 0, told_peak = 0;
    int breaches = 0;
    std::optional<double> alarm, lead;
    pass(meters, seconds, [&](std::size_t, Reading reading) {
        const double second = second_of(reading.received);
        reckoned.apply(reading, std::nullopt);
        const double within = std::fmod(second, quarter);
        if (within == 0 && second > quarter) {
            const double mean = (truth.joules(second) - truth.joules(second - quarter)) / quarter;
            means.add(reckoned.finished() ? reckoned.finished()->watts - mean : mean);
            peak = std::max(peak, mean);
            at_five.add(forecasts[0].value_or(0) - mean);
            at_ten.add(forecasts[1].value_or(0) - mean);
            alarm.reset();
        }
        told_peak = reading.get(Quantity::DemandMonthPeak).value_or(told_peak);
        forecasts[0] = within == 300 ? reading.get(Quantity::DemandForecast) : forecasts[0];
        forecasts[1] = within == 600 ? reading.get(Quantity::DemandForecast) : forecasts[1];
        const auto level = reading.get(Quantity::DemandAlarm).value_or(0);
        alarm = level == 1 && !alarm ? std::optional(second) : alarm;
        if (level == 2 && alarm && *alarm >= 0) {
            ++breaches;
            lead = std::min(lead.value_or(quarter), second - *alarm);
            alarm = -1;
        }
    });
    std::printf(
        "  %-28s mean of quarters: %.1f W, most %.1f W; forecast at minute 5: %.0f W, at minute 10: %.0f W; "
        "peak %+.1f of %.0f W; %d breaches, alarm %.0f s before at least\n",
        name, means.mean(), means.most, at_five.mean(), at_ten.mean(), told_peak - peak, peak, breaches,
        lead.value_or(std::numeric_limits<double>::quiet_NaN()));
}

void demands(const HouseCurves& house, double seconds) {
    const Truth grid(house.grid);
    demand("every 1 s, step 1 Wh", grid, 1, 1e-3, seconds);
    demand("every 10 s, step 1 Wh", grid, 10, 1e-3, seconds);
    demand("every 1 s, step 100 Wh", grid, 1, 0.1, seconds);
}

// A three-phase meter whose counters count each phase: the house without the car on L1, the car on L2, what
// is left of the grid on L3.
void netting(const HouseCurves& house, double seconds) {
    std::vector<double> exported = house.grid;
    std::vector<double> rest = house.grid;
    for (std::size_t i = 0; i < rest.size(); ++i) {
        exported[i] = -exported[i];
        rest[i] -= house.house[i] + house.car[i];
    }
    const auto turned = [](std::vector<double> watts) {
        for (double& value : watts) {
            value = -value;
        }
        return watts;
    };
    const Truth grid(house.grid);
    const Truth back(exported);
    const std::array phases{Truth(house.house), Truth(house.car), Truth(rest)};
    const std::array back_phases{Truth(turned(house.house)), Truth(turned(house.car)), Truth(turned(rest))};
    const auto kwh = [](const std::array<Truth, 3>& each, double second) {
        return (each[0].joules(second) + each[1].joules(second) + each[2].joules(second)) / joules_per_kwh;
    };
    NettedEnergy netted;
    CounterKindWatch kind;
    Reading reading;
    for (double second = 0; second < seconds; ++second) {
        reading = Reading();
        reading.received = at(second);
        reading.set(Quantity::Power, grid.watts(second));
        for (std::size_t i = 0; i < phases.size(); ++i) {
            reading.set(phases_of(Quantity::Power).at(i), phases.at(i).watts(second));
        }
        reading.set(Quantity::EnergyForward, std::floor(1000 * (500 + kwh(phases, second))) / 1000);
        reading.set(Quantity::EnergyReverse, std::floor(1000 * (70 + kwh(back_phases, second))) / 1000);
        netted.apply(reading);
        kind.apply(reading);
    }
    const double forward = grid.joules(seconds - 1) / joules_per_kwh;
    const double reverse = back.joules(seconds - 1) / joules_per_kwh;
    std::printf("  %-28s import %+.1f of %.0f Wh, export %+.1f of %.0f Wh; the meter's own: %.0f and %.0f "
                "Wh, taken for "
                "those that count %s\n",
                "every 1 s", 1000 * (reading.get(Quantity::EnergyNettingForward).value_or(0) - forward),
                1000 * forward, 1000 * (reading.get(Quantity::EnergyNettingReverse).value_or(0) - reverse),
                1000 * reverse, 1000 * kwh(phases, seconds - 1), 1000 * kwh(back_phases, seconds - 1),
                std::string(name_in(counter_kind_names, kind.kind())).c_str());
}

struct Experiment {
    const char* title;
    void (*run)(const HouseCurves& house, double seconds);
};
constexpr std::array experiments{
    Experiment{"Meters formed of others", combined_meters},
    Experiment{"Netted energy", netting},
    Experiment{"A meter in reserve", standby},
    Experiment{"Quarters of an hour", demands},
};

int run(unsigned seed) {
    HouseOptions options;
    options.seed = seed;
    options.pv_watts = 4000;
    options.battery_watts = 2500;
    options.car_watts = 7400;
    const HouseCurves house = simulate_house(options);
    const Truth grid(house.grid);
    std::printf("House %u, two hours: %.1f kWh imported\n", seed,
                grid.joules(options.seconds) / joules_per_kwh);
    for (const Experiment& experiment : experiments) {
        std::printf("%s\n", experiment.title);
        experiment.run(house, options.seconds);
    }
    return 0;
}

} // namespace
} // namespace gridbridge

int main(int argc, char** argv) {
    return gridbridge::run(argc > 1 ? static_cast<unsigned>(std::strtoul(argv[1], nullptr, 10)) : 1);
}
