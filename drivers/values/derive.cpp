#include "drivers/values/derive.hpp"

#include "drivers/waist/phase_quantities.hpp"

#include <array>
#include <cmath>
#include <optional>
#include <span>

namespace gridbridge {
namespace {

using enum Quantity;

constexpr std::array import_tariffs{EnergyForwardT1, EnergyForwardT2, EnergyForwardT3, EnergyForwardT4};
constexpr std::array export_tariffs{EnergyReverseT1, EnergyReverseT2, EnergyReverseT3, EnergyReverseT4};

std::optional<double> sum_of(const Reading& reading, std::span<const Quantity> parts) {
    std::optional<double> sum;
    for (const Quantity part : parts) {
        if (const auto value = reading.get(part)) {
            sum = sum.value_or(0.0) + *value;
        }
    }
    return sum;
}

// Of the phases that are there: without one of them it is no total.
std::optional<double> sum_of_phases(const Reading& reading, Quantity total) {
    std::optional<double> sum;
    for (int phase = 1; phase <= 3; ++phase) {
        const auto part = reading.get(of_phase(total, phase));
        const bool is_there = reading.has(of_phase(Power, phase)) || reading.has(of_phase(Current, phase)) ||
                              reading.has(of_phase(Voltage, phase));
        if (is_there && !part) {
            return std::nullopt;
        }
        sum = part ? std::optional(sum.value_or(0.0) + *part) : sum;
    }
    return sum;
}

void fill_absent(Reading& reading, Quantity total, std::span<const Quantity> parts) {
    if (!reading.has(total)) {
        reading.set(total, sum_of(reading, parts));
    }
}

void sign_current(Reading& reading, Quantity power, Quantity current) {
    const auto amperes = reading.get(current);
    const auto watts = reading.get(power);
    if (amperes && watts && *watts < 0) {
        reading.set(current, -std::abs(*amperes));
    }
}

} // namespace

void derive(Reading& reading) {
    for (int phase = 1; phase <= 3; ++phase) {
        sign_current(reading, of_phase(Power, phase), of_phase(Current, phase));
    }
    for (const Quantity total : {Power, Current}) {
        if (!reading.has(total)) {
            reading.set(total, sum_of_phases(reading, total));
        }
    }
    fill_absent(reading, EnergyForward, import_tariffs);
    fill_absent(reading, EnergyReverse, export_tariffs);
}

void total_as_phase_one(Reading& reading) {
    if (!sum_of(reading, phases_of(Power))) {
        reading.set(PowerL1, reading.get(Power));
    }
}

} // namespace gridbridge
