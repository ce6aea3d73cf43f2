#include "drivers/derive.hpp"

#include <cmath>
#include <initializer_list>
#include <optional>

namespace gridbridge {
namespace {

using enum Quantity;

std::optional<double> sum_of(const Reading& reading, std::initializer_list<Quantity> parts) {
    std::optional<double> sum;
    for (const Quantity part : parts) {
        if (const auto value = reading.get(part)) {
            sum = sum.value_or(0.0) + *value;
        }
    }
    return sum;
}

void fill_absent(Reading& reading, Quantity total, std::initializer_list<Quantity> parts) {
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
    fill_absent(reading, Power, {PowerL1, PowerL2, PowerL3});
    fill_absent(reading, Current, {CurrentL1, CurrentL2, CurrentL3});
    fill_absent(reading, EnergyForward, {EnergyForwardT1, EnergyForwardT2, EnergyForwardT3, EnergyForwardT4});
    fill_absent(reading, EnergyReverse, {EnergyReverseT1, EnergyReverseT2, EnergyReverseT3, EnergyReverseT4});
}

void total_as_phase_one(Reading& reading) {
    if (!sum_of(reading, {PowerL1, PowerL2, PowerL3})) {
        reading.set(PowerL1, reading.get(Power));
    }
}

} // namespace gridbridge
