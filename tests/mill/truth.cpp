#include "tests/mill/truth.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iterator>

namespace gridbridge::mill {
namespace {

// A counter that is held back stands for ten minutes, and what stands is to have been true.
constexpr std::chrono::minutes values_kept{12};
constexpr std::chrono::seconds arrivals_kept{120};

// The newest say what the pace is, however old they are.
void forget_before(std::deque<Clock::time_point>& arrivals, Clock::time_point limit) {
    constexpr std::size_t newest = 16;
    while (arrivals.size() > newest && arrivals.front() < limit) {
        arrivals.pop_front();
    }
}

struct PhasePath {
    std::string_view path;
    std::size_t phase;
};
constexpr std::array powers{PhasePath{"L1/Power", 0}, PhasePath{"L2/Power", 1}, PhasePath{"L3/Power", 2}};
constexpr std::array voltages{PhasePath{"L1/Voltage", 0}, PhasePath{"L2/Voltage", 1},
                              PhasePath{"L3/Voltage", 2}};

// By how much what is sent may differ from what is meant: W and V with one decimal or none, kWh with one.
double step_of(std::string_view path) {
    if (path.ends_with("Power")) {
        return 2.01; // two sums of three rounded phases
    }
    return 0.11;
}

} // namespace

SimulatedValues values_of(const PlannedMeter& meter, double seconds) {
    constexpr double end_of_counter = 999'999; // kWh: six digits
    SimulatedValues values = simulate_values(seconds + meter.ahead);
    if (meter.rolls_at > 0) {
        const double since = values.energy_in - simulate_values(meter.rolls_at + meter.ahead).energy_in;
        values.energy_in = since < 0 ? end_of_counter + since : since;
    }
    return values;
}

void Truth::told(Clock::time_point made, double seconds, std::optional<Clock::time_point> arrives,
                 bool is_certain) {
    const auto later =
        std::find_if(told_.rbegin(), told_.rend(), [made](const Told& told) { return told.made <= made; });
    told_.insert(later.base(), {made, values_of(meter_, seconds)}); // a line cut short tells of later moments
    while (told_.front().made + values_kept < made) {
        told_.pop_front();
    }
    forget_before(arrivals_, made - arrivals_kept);
    forget_before(certain_, made - arrivals_kept);
    if (arrives) {
        arrivals_.insert(std::upper_bound(arrivals_.begin(), arrivals_.end(), *arrives), *arrives);
        if (is_certain) {
            certain_.push_back(*arrives);
        }
    }
}

void Truth::missed(Clock::time_point from, Clock::time_point to) {
    const auto is_missed = [&](const auto& at) { return at > from && at <= to; };
    std::erase_if(arrivals_, is_missed);
    std::erase_if(certain_, is_missed);
}

// The path is looked up once, not for each moment.
std::optional<Truth::Shown> Truth::shown_as(std::string_view path) const {
    using Of = Shown::Of;
    if (path == "Power") {
        return meter_.kind->has_phases ? Shown{Of::Power, 0} : Shown{Of::PhasePower, 2};
    }
    if (path == "Energy/Forward") {
        return Shown{Of::Forward, 0};
    }
    if (path == "Energy/Reverse") {
        return Shown{Of::Reverse, 0};
    }
    for (std::size_t i = 0; i < powers.size(); ++i) {
        const std::size_t phase = meter_.kind->has_phases ? i : 2;
        if (path == powers.at(i).path) {
            return Shown{Of::PhasePower, phase};
        }
        if (path == voltages.at(i).path) {
            return Shown{Of::PhaseVoltage, phase};
        }
    }
    return std::nullopt;
}

double Truth::number_of(Shown shown, const SimulatedValues& values) {
    switch (shown.of) {
    case Shown::Of::Power:
        return values.power();
    case Shown::Of::Forward:
        return values.energy_in;
    case Shown::Of::Reverse:
        return values.energy_out;
    case Shown::Of::PhasePower:
        return values.phases.at(shown.phase).power;
    default:
        return values.phases.at(shown.phase).voltage;
    }
}

std::deque<Truth::Told>::const_iterator Truth::since(Clock::time_point from) const {
    return std::partition_point(told_.begin(), told_.end(),
                                [&](const Told& told) { return told.made < from; });
}

std::optional<bool> Truth::was(std::string_view path, double number, Clock::time_point from,
                               Clock::time_point to) const {
    const auto shown = shown_as(path);
    if (!shown) {
        return std::nullopt;
    }
    const double step = step_of(path);
    const auto last = std::make_reverse_iterator(since(from));
    return std::any_of(told_.rbegin(), last, [&](const Told& told) { // mostly it is the newest
        return told.made <= to && std::abs(number_of(*shown, told.values) - number) <= step;
    });
}

std::vector<double> Truth::numbers(std::string_view path, Clock::time_point from,
                                   Clock::time_point to) const {
    std::vector<double> all;
    const auto shown = shown_as(path);
    for (auto told = since(from); shown && told != told_.end() && told->made <= to; ++told) {
        all.push_back(number_of(*shown, told->values));
    }
    return all;
}

Clock::duration Truth::longest_gap(Clock::time_point now) const {
    constexpr std::size_t looked_at = 8;
    Clock::duration longest{};
    std::size_t left = looked_at;
    for (std::size_t i = certain_.size(); i > 1 && left > 0; --i) {
        if (certain_[i - 1] <= now) {
            longest = std::max(longest, certain_[i - 1] - certain_[i - 2]);
            --left;
        }
    }
    return longest;
}

bool Truth::has_arrivals(std::size_t count, Clock::time_point from, Clock::time_point to) const {
    for (auto at = certain_.rbegin(); at != certain_.rend() && count > 0; ++at) {
        count -= *at >= from && *at <= to ? 1U : 0U;
    }
    return count == 0;
}

std::optional<Clock::time_point> Truth::newest_arrival(Clock::time_point now) const {
    const auto later = std::upper_bound(arrivals_.begin(), arrivals_.end(), now);
    return later == arrivals_.begin() ? std::nullopt : std::optional(*std::prev(later));
}

std::vector<const Truth*> at_place_of_first(const Plan& plan, const std::vector<Truth>& truths) {
    const PlannedMeter& first = plan.meters.front();
    std::vector<const Truth*> found;
    for (const Truth& truth : truths) {
        if (truth.meter().line == first.line && truth.meter().unit == first.unit) {
            found.push_back(&truth);
        }
    }
    return found;
}

} // namespace gridbridge::mill
