#include "drivers/stream/power_watch.hpp"

#include "drivers/stream/obis/meter_identity.hpp"
#include "drivers/stream/obis/obis_power.hpp"
#include "drivers/waist/phase_quantities.hpp"

#include <algorithm>
#include <cmath>

namespace gridbridge {
namespace {

bool has_whole_energy(const Reading& reading) {
    const auto forward = reading.get(Quantity::EnergyForward);
    const auto reverse = reading.get(Quantity::EnergyReverse);
    const auto is_whole = [](double kwh) { return std::round(kwh) == kwh; };
    return (forward || reverse) && is_whole(forward.value_or(0)) && is_whole(reverse.value_or(0));
}

} // namespace

void PowerWatch::take(const Telegram& telegram, const Reading& reading) {
    const bool has_power = reading.has(Quantity::Power);
    had_power_ = had_power_ || has_power || is_heat_meter(telegram); // has none
    had_phases_ = had_phases_ || std::ranges::any_of(phases_of(Quantity::Power),
                                                     [&](Quantity phase) { return reading.has(phase); });
    missing_ = has_power || is_heat_meter(telegram) ? 0 : std::min(missing_ + 1, 3);
    checked_ = telegram.has_checksum;
    whole_energy_ = has_whole_energy(reading);
    of_telegram_ = power_advice(telegram, reading);
}

std::string_view PowerWatch::advice(const DriverRow& driver) const {
    if (has_lost_power() && whole_energy_ && !driver.lost_power_advice.empty()) {
        return driver.lost_power_advice;
    }
    if (has_lost_power()) {
        return "its telegrams have no power any more";
    }
    if (had_power_ && had_phases_) { // only what never came
        return {};
    }
    return of_telegram_.empty() && !had_power_ ? driver.no_power_advice : of_telegram_;
}

} // namespace gridbridge
