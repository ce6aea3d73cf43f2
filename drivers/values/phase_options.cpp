#include "drivers/values/phase_options.hpp"

#include "drivers/waist/phase_quantities.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace gridbridge {
namespace {

using enum Quantity;

// VoltageL1L2, VoltageL2L3 and VoltageL3L1 lie opposite of phases 3, 1 and 2.
constexpr Quantity line_voltage_opposite(int phase) {
    constexpr std::array opposite{VoltageL2L3, VoltageL3L1, VoltageL1L2};
    return opposite[static_cast<std::size_t>(phase) - 1];
}

void permute(Reading& reading, std::span<const int> phases) {
    const Reading wired = reading;
    for (int input = 1; input <= 3; ++input) {
        const int phase = phases[static_cast<std::size_t>(input) - 1];
        for (const Quantity total : per_phase_totals) {
            reading.set(of_phase(total, phase), wired.get(of_phase(total, input)));
        }
        reading.set(line_voltage_opposite(phase), wired.get(line_voltage_opposite(input)));
    }
    const bool odd = (phases[0] == 1) || (phases[1] == 2) || (phases[2] == 3);
    const bool identity = phases[0] == 1 && phases[1] == 2;
    if (const auto sequence = wired.get(PhaseSequence); sequence && odd && !identity) {
        reading.set(PhaseSequence, 1 - *sequence);
    }
}

void negate(Reading& reading, Quantity quantity) {
    if (const auto value = reading.get(quantity)) {
        reading.set(quantity, -*value);
    }
}

void exchange(Reading& reading, Quantity left, Quantity right) {
    const auto kept = reading.get(left);
    reading.set(left, reading.get(right));
    reading.set(right, kept);
}

void turn(Reading& reading, int phase) {
    negate(reading, of_phase(Power, phase));
    negate(reading, of_phase(ReactivePower, phase));
    negate(reading, of_phase(PowerFactor, phase));
    if (const auto amperes = reading.get(of_phase(Current, phase))) {
        reading.set(of_phase(Current, phase), std::abs(*amperes));
    }
    exchange(reading, of_phase(EnergyForward, phase), of_phase(EnergyReverse, phase));
}

// Unknown as soon as one phase is: a partial sum would be a wrong total.
void sum_phases(Reading& reading, Quantity total) {
    double sum = 0;
    for (int phase = 1; phase <= 3; ++phase) {
        const auto part = reading.get(of_phase(total, phase));
        if (!part) {
            reading.clear(total);
            return;
        }
        sum += *part;
    }
    reading.set(total, sum);
}

} // namespace

void apply_phase_options(Reading& reading, std::span<const int> phases, std::span<const int> invert) {
    if (phases.size() == 3) {
        permute(reading, phases);
    }
    if (invert.empty()) {
        return;
    }
    for (const int phase : invert) {
        turn(reading, phase);
    }
    sum_phases(reading, Power);
    sum_phases(reading, ReactivePower);
    for (const Quantity unknown : {ApparentPower, PowerFactor, PowerDemand, PowerDemandMax}) {
        reading.clear(unknown);
    }
    bool all_turned = true;
    for (int phase = 1; phase <= 3; ++phase) {
        const bool turned = std::find(invert.begin(), invert.end(), phase) != invert.end();
        all_turned = all_turned && (turned || !reading.has(of_phase(Power, phase)));
    }
    if (all_turned) {
        exchange(reading, EnergyForward, EnergyReverse);
        exchange(reading, ReactiveEnergyForward, ReactiveEnergyReverse);
    } else {
        for (const Quantity unknown :
             {EnergyForward, EnergyReverse, ReactiveEnergyForward, ReactiveEnergyReverse}) {
            reading.clear(unknown);
        }
    }
}

} // namespace gridbridge
