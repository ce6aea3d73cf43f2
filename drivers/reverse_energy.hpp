// Export energy per phase for meters that count it only in total.
#pragma once

#include "drivers/reading.hpp"

#include <array>
#include <optional>

namespace gridbridge {

// Spreads each step of the total export counter over the phases in proportion to the export power sampled
// since the last step (dbus-cgwacs' method). The sum of the phases may exceed the total: phases export while
// others import. Where the meter's totals are sums of its phases, and wherever the total power was never
// negative, the divisor is the phases' sum.
class ReverseEnergyEstimate {
  public:
    // kWh per phase kept from an earlier run; all zero: the first total is split in thirds.
    // `totals_are_phase_sums`: see MeterInfo.
    explicit ReverseEnergyEstimate(const std::array<double, 3>& stored_kwh = {},
                                   bool totals_are_phase_sums = false)
        : phase_kwh_(stored_kwh), totals_are_phase_sums_(totals_are_phase_sums) {}

    // Takes the power and the total export of one snapshot and adds EnergyReverseL1..L3 to it.
    void apply(Reading& reading);

    // kWh per phase; nothing before the first total export counter.
    std::optional<std::array<double, 3>> phase_kwh() const {
        return total_kwh_ ? std::optional(phase_kwh_) : std::nullopt;
    }

  private:
    void sample(const Reading& reading);
    void step(double total_kwh);

    std::array<double, 3> phase_kwh_;
    bool totals_are_phase_sums_;
    std::optional<double> total_kwh_;
    double export_total_ = 0;              // W summed over samples
    std::array<double, 3> export_phase_{}; // W summed over samples
};

} // namespace gridbridge
