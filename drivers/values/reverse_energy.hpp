// Export energy per phase for meters that count it only in total.
#pragma once

#include "drivers/waist/reading.hpp"

#include <array>
#include <optional>

namespace gridbridge {

// kWh per phase as kept; nothing: never counted. A phase that has exported nothing is 0.
using PhaseEnergies = std::array<std::optional<double>, 3>;

// Spreads each step of the total export counter over the phases in proportion to the export power sampled
// since the last step (dbus-cgwacs' method). The sum of the phases may exceed the total: phases export while
// others import. Where the meter's totals are sums of its phases, and wherever the total power was never
// negative, the divisor is the phases' sum.
class ReverseEnergyEstimate {
  public:
    // `stored`: kept from an earlier run; a phase without gets a third of the first total.
    // `totals_are_phase_sums`: see MeterInfo.
    explicit ReverseEnergyEstimate(const PhaseEnergies& stored = {}, bool totals_are_phase_sums = false)
        : stored_(stored), totals_are_phase_sums_(totals_are_phase_sums) {}

    // Takes the power and the total export of one snapshot and adds EnergyReverseL1..L3 to it.
    void apply(Reading& reading);

    // Goes on from `kwh` on one phase, 1..3.
    void set_phase(int phase, double kwh);

    // The total goes on from `kwh`: what is between it and the last one was not exported.
    void set_total(double kwh);

    // kWh per phase; nothing before the first total export counter.
    std::optional<std::array<double, 3>> phase_kwh() const {
        return total_kwh_ ? std::optional(phase_kwh_) : std::nullopt;
    }

  private:
    void sample(const Reading& reading);
    void step(double total_kwh);

    PhaseEnergies stored_;
    std::array<double, 3> phase_kwh_{}; // in force from the first total on
    bool totals_are_phase_sums_;
    std::optional<double> total_kwh_;
    double export_total_ = 0;              // W summed over samples
    std::array<double, 3> export_phase_{}; // W summed over samples
};

} // namespace gridbridge
