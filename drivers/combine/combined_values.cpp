#include "drivers/combine/combined_values.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace gridbridge {
namespace {

using enum Quantity;

constexpr std::array added_values{Power,         PowerL1,         PowerL2,         PowerL3,
                                  ReactivePower, ReactivePowerL1, ReactivePowerL2, ReactivePowerL3};
constexpr std::array added_where_phases_agree{CurrentL1, CurrentL2, CurrentL3};
constexpr std::array of_first{VoltageL1,   VoltageL2,   VoltageL3,         Voltage,  VoltageL1L2,
                              VoltageL2L3, VoltageL3L1, VoltageLineToLine, Frequency};
constexpr std::array added_counters{
    EnergyForward,   EnergyForwardL1, EnergyForwardL2,       EnergyForwardL3,       EnergyReverse,
    EnergyReverseL1, EnergyReverseL2, EnergyReverseL3,       EnergyForwardT1,       EnergyForwardT2,
    EnergyForwardT3, EnergyForwardT4, EnergyReverseT1,       EnergyReverseT2,       EnergyReverseT3,
    EnergyReverseT4, EnergyAbsolute,  ReactiveEnergyForward, ReactiveEnergyReverse, HeatEnergy,
    Volume};
// Of single-phase meters: each phase is that of one member, and the total the sum.
constexpr std::array net_totals{Power, ReactivePower};
constexpr std::array net_phases{Power, ReactivePower, Current, Voltage, ApparentPower, PowerFactor};
constexpr std::array net_counters{EnergyForward, EnergyReverse};
constexpr int phase_count = 3;

bool measures(const Reading& reading, int phase) {
    const std::array told{Power, Current, Voltage};
    return std::any_of(told.begin(), told.end(),
                       [&](Quantity total) { return reading.has(of_phase(total, phase)); });
}

bool measure_the_same_phases(MemberReadings members) {
    return std::all_of(members.begin(), members.end(), [&](const Reading* reading) {
        for (int phase = 1; phase <= phase_count; ++phase) {
            if (measures(*reading, phase) != measures(*members.front(), phase)) {
                return false;
            }
        }
        return true;
    });
}

// Of a single-phase meter, wherever its one phase is.
std::optional<double> single_value(const Reading& reading, Quantity total) {
    for (int phase = 1; phase <= phase_count; ++phase) {
        if (const auto value = reading.get(of_phase(total, phase))) {
            return value;
        }
    }
    return reading.get(total);
}

// Of each member, in order; nothing when one of them has none.
template <typename Of>
std::optional<std::vector<double>> values_of(MemberReadings members, Of of) {
    std::vector<double> values;
    if (of(*members.front())) { // most quantities nobody has
        values.reserve(members.size());
    }
    for (const Reading* const reading : members) {
        const std::optional<double> value = of(*reading);
        if (!value) {
            return std::nullopt;
        }
        values.push_back(*value);
    }
    return values;
}

std::vector<int> signs_of(CombineRule rule, std::size_t count) {
    std::vector<int> signs(count, rule == CombineRule::Difference ? -1 : 1);
    signs.front() = 1;
    return signs;
}

void add(CombineRule rule, MemberReadings members, Quantity quantity, Reading& result) {
    const auto values = values_of(members, [&](const Reading& reading) { return reading.get(quantity); });
    if (!values) {
        return;
    }
    const auto signs = signs_of(rule, values->size());
    double sum = 0;
    for (std::size_t i = 0; i < values->size(); ++i) {
        sum += signs[i] * (*values)[i];
    }
    result.set(quantity, sum);
}

void net_values(MemberReadings members, Reading& result) {
    for (const Quantity total : net_phases) {
        for (std::size_t i = 0; i < members.size(); ++i) {
            result.set(of_phase(total, static_cast<int>(i) + 1), single_value(*members[i], total));
        }
    }
    for (const Quantity total : net_totals) {
        if (const auto values =
                values_of(members, [&](const Reading& reading) { return single_value(reading, total); })) {
            double sum = 0;
            for (const double value : *values) {
                sum += value;
            }
            result.set(total, sum);
        }
    }
}

void take_first(MemberReadings members, Quantity quantity, Reading& result) {
    const bool all = std::all_of(members.begin(), members.end(),
                                 [&](const Reading* reading) { return reading->has(quantity); });
    if (all) {
        result.set(quantity, members.front()->get(quantity));
    }
}

std::vector<CounterTerms> net_terms(MemberReadings members) {
    std::vector<CounterTerms> terms;
    for (const Quantity total : net_counters) {
        if (auto values =
                values_of(members, [&](const Reading& reading) { return single_value(reading, total); })) {
            for (std::size_t i = 0; i < values->size(); ++i) {
                std::vector<int> only_this(values->size(), 0);
                only_this[i] = 1;
                terms.push_back({of_phase(total, static_cast<int>(i) + 1), *values, std::move(only_this)});
            }
            terms.push_back({total, std::move(*values), signs_of(CombineRule::Net, members.size())});
        }
    }
    return terms;
}

} // namespace

Reading combined_values(CombineRule rule, MemberReadings members) {
    Reading result;
    const auto older = [](const Reading* a, const Reading* b) { return a->received < b->received; };
    result.received = (*std::min_element(members.begin(), members.end(), older))->received;
    if (rule == CombineRule::Net) {
        net_values(members, result);
        take_first(members, Frequency, result);
        return result;
    }
    for (const Quantity quantity : added_values) {
        add(rule, members, quantity, result);
    }
    if (measure_the_same_phases(members)) {
        for (const Quantity quantity : added_where_phases_agree) {
            add(rule, members, quantity, result);
        }
    }
    for (const Quantity quantity : of_first) {
        take_first(members, quantity, result);
    }
    return result;
}

std::vector<CounterTerms> combined_counters(CombineRule rule, MemberReadings members) {
    if (rule == CombineRule::Net) {
        return net_terms(members);
    }
    std::vector<CounterTerms> terms;
    for (const Quantity quantity : added_counters) {
        if (auto values = values_of(members, [&](const Reading& reading) { return reading.get(quantity); })) {
            terms.push_back({quantity, std::move(*values), signs_of(rule, members.size())});
        }
    }
    return terms;
}

std::string why_not_combined(CombineRule rule, MemberReadings members) {
    for (std::size_t i = 0; i < members.size() && rule == CombineRule::Net; ++i) {
        int phases = 0;
        for (int phase = 1; phase <= phase_count; ++phase) {
            phases += measures(*members[i], phase) ? 1 : 0;
        }
        if (phases > 1) {
            return "member " + std::to_string(i + 1) +
                   " measures more than one phase, and net is of single-phase meters: use combine+sum";
        }
    }
    return {};
}

} // namespace gridbridge
