// What may have gone through an energy counter: by the mains connection, and by the meter's own power. Pure.
#pragma once

#include "drivers/waist/few_values.hpp"
#include "drivers/waist/reading.hpp"

#include <optional>

namespace gridbridge {

struct CounterLimits {
    std::optional<int> fuse; // A per phase, as configured
    double ratio = 1;        // of current and voltage transformers; the energies come multiplied by it
};

// Energy counters of electricity, the ones a mains connection bounds. Heat comes once an hour, without power.
bool is_electric_energy(const QuantityRow& row);

// The last decimal place of `value` before it was multiplied by `ratio`, from 0.0001 to 1, times `ratio`.
double counter_step(double value, double ratio);

// kWh or kvarh that went through one counter between two readings of the meter.
struct Flow {
    double least = 0;
    double most = 0;
    double explained = 0; // rise that the power of the two readings allows; 0: no power in them
};

// Follows the power of one meter.
class ConnectionBound {
  public:
    static constexpr double fuse_by_default = 100; // A
    static constexpr double volts = 230;
    static constexpr std::chrono::hours longest{24}; // a longer pause allows no more

    static double hours(Clock::duration time); // 0 at least, `longest` at most

    explicit ConnectionBound(const CounterLimits& limits) : limits_(limits) {}

    void take(const Reading& reading);
    // W: the largest of the fuses, 3 x 100 A x 230 V, and twice the highest power shown by three readings in
    // a row (one alone may be damaged).
    double watts() const;
    // kWh at that power; nothing: the time is not known.
    double kwh(std::optional<Clock::duration> time) const;
    // Through `counter` since the reading before the newest.
    Flow flow(Quantity counter) const;
    double ratio() const { return limits_.ratio; }

  private:
    using Powers = FewValues<Quantity::Power, Quantity::PowerL1, Quantity::PowerL2, Quantity::PowerL3,
                             Quantity::ReactivePower, Quantity::ReactivePowerL1, Quantity::ReactivePowerL2,
                             Quantity::ReactivePowerL3, Quantity::ApparentPower>;

    CounterLimits limits_;
    std::optional<Powers> before_, newest_;
    std::array<double, 3> shown_{}; // W of the last readings, newest first
    double highest_ = 0;            // W
};

} // namespace gridbridge
