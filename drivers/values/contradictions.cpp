#include "drivers/values/contradictions.hpp"

#include "drivers/waist/phase_quantities.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace gridbridge {
namespace {

using enum Quantity;

constexpr double tolerated = 0.1;
constexpr double power_step = 30; // W; what a current step of 0.1 A hides
constexpr double sum_step = 50;   // W, var, VA: phases and total are measured at different times

unsigned drop(Reading& reading, Quantity quantity) {
    const bool had = reading.has(quantity);
    reading.clear(quantity);
    return had ? 1 : 0;
}

unsigned drop_phase(Reading& reading, int phase) {
    const auto voltage = reading.get(of_phase(Voltage, phase));
    const auto current = reading.get(of_phase(Current, phase));
    if (!voltage || !current) {
        return 0;
    }
    const double apparent = *voltage * std::abs(*current);
    unsigned dropped = 0;
    const double power = std::abs(reading.get(of_phase(Power, phase)).value_or(0));
    if (power > apparent * (1 + tolerated) + power_step) {
        dropped += drop(reading, of_phase(Power, phase)) + drop(reading, of_phase(Current, phase));
    }
    const double measured = reading.get(of_phase(ApparentPower, phase)).value_or(apparent);
    if (std::abs(measured - apparent) > apparent * tolerated + sum_step) {
        dropped += drop(reading, of_phase(ApparentPower, phase));
    }
    return dropped;
}

unsigned drop_sum(Reading& reading, Quantity total) {
    double sum = 0;
    double flow = 0;
    for (const Quantity phase : phases_of(total)) {
        const auto value = reading.get(phase);
        if (!value) {
            return 0;
        }
        sum += *value;
        flow += std::abs(*value);
    }
    const auto whole = reading.get(total);
    if (!whole || std::abs(*whole - sum) <= flow * tolerated + sum_step) {
        return 0;
    }
    unsigned dropped = drop(reading, total);
    for (const Quantity phase : phases_of(total)) {
        dropped += drop(reading, phase);
    }
    return dropped;
}

unsigned drop_mean_voltage(Reading& reading) {
    const auto mean = reading.get(Voltage);
    double least = std::numeric_limits<double>::max();
    double most = 0;
    for (const Quantity phase : phases_of(Voltage)) {
        const auto value = reading.get(phase);
        if (!mean || !value) {
            return 0;
        }
        least = std::min(least, *value);
        most = std::max(most, *value);
    }
    const bool fits = *mean >= least * (1 - tolerated) && *mean <= most * (1 + tolerated);
    return fits ? 0 : drop(reading, Voltage);
}

} // namespace

unsigned drop_contradictions(Reading& reading) {
    unsigned dropped = drop_mean_voltage(reading);
    for (int phase = 1; phase <= 3; ++phase) {
        dropped += drop_phase(reading, phase);
    }
    return dropped + drop_sum(reading, Power) + drop_sum(reading, ReactivePower);
}

} // namespace gridbridge
