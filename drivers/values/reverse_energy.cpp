#include "drivers/values/reverse_energy.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

constexpr double counter_resolution = 0.05; // kWh; a fall beyond half a counter step is a reset

double exported(std::optional<double> watts) {
    return std::max(0.0, -watts.value_or(0.0));
}

} // namespace

void ReverseEnergyEstimate::apply(Reading& reading) {
    sample(reading);
    if (const auto total = reading.get(Quantity::EnergyReverse)) {
        step(*total);
    }
    if (!total_kwh_) {
        return;
    }
    for (int phase = 1; phase <= 3; ++phase) {
        reading.set(of_phase(Quantity::EnergyReverse, phase),
                    phase_kwh_.at(static_cast<std::size_t>(phase - 1)));
    }
}

void ReverseEnergyEstimate::set_phase(int phase, double kwh) {
    const auto index = static_cast<std::size_t>(phase - 1);
    stored_.at(index) = kwh;
    phase_kwh_.at(index) = kwh;
}

void ReverseEnergyEstimate::set_total(double kwh) {
    if (total_kwh_) {
        total_kwh_ = kwh;
    }
}

void ReverseEnergyEstimate::sample(const Reading& reading) {
    export_total_ += exported(reading.get(Quantity::Power));
    for (int phase = 1; phase <= 3; ++phase) {
        export_phase_.at(static_cast<std::size_t>(phase - 1)) +=
            exported(reading.get(of_phase(Quantity::Power, phase)));
    }
}

void ReverseEnergyEstimate::step(double total_kwh) {
    if (!total_kwh_) {
        for (std::size_t i = 0; i < phase_kwh_.size(); ++i) {
            phase_kwh_.at(i) = stored_.at(i).value_or(total_kwh / 3);
        }
    } else if (total_kwh < *total_kwh_ - counter_resolution) {
        total_kwh_ = total_kwh; // the counter was reset: go on from the new value
        return;
    } else if (total_kwh <= *total_kwh_) {
        return;
    } else {
        const double phases = export_phase_[0] + export_phase_[1] + export_phase_[2];
        const double divisor = export_total_ > 0 && !totals_are_phase_sums_ ? export_total_ : phases;
        for (std::size_t i = 0; divisor > 0 && i < phase_kwh_.size(); ++i) {
            phase_kwh_.at(i) += (total_kwh - *total_kwh_) * export_phase_.at(i) / divisor;
        }
    }
    total_kwh_ = total_kwh;
    export_total_ = 0;
    export_phase_ = {};
}

} // namespace gridbridge
