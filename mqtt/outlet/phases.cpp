#include "mqtt/outlet/phases.hpp"

#include "drivers/waist/phase_quantities.hpp"

#include <algorithm>
#include <array>

namespace gridbridge {

bool has_phase_power(const Reading& reading) {
    constexpr auto phases = phases_of(Quantity::Power);
    return std::any_of(phases.begin(), phases.end(), [&](Quantity phase) { return reading.has(phase); });
}

Reading totals_on_l1(Reading reading) {
    for (const Quantity total : {Quantity::Power, Quantity::Current, Quantity::Voltage}) {
        if (!reading.has(of_phase(total, 1))) {
            reading.set(of_phase(total, 1), reading.get(total));
        }
    }
    return reading;
}

} // namespace gridbridge
