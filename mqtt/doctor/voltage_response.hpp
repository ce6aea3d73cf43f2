// How the voltages of a meter answer to its currents. Whatever a house consumes pulls the voltage of its
// phase down by the impedance of the line to the transformer, 0.02 to 1 ohm: who measures a phase in reverse
// sees it rise, and who pairs a current with another phase's voltage sees that one move. No generator,
// battery or tariff changes this, so it tells how the meter is wired. Pure.
#pragma once

#include "drivers/waist/reading.hpp"

#include <array>
#include <optional>

namespace gridbridge {

// Least squares of the change of each voltage over the changes of all currents, from one sample to the next.
class VoltageResponse {
  public:
    static constexpr std::size_t phases = 3;

    // Of voltage `v` to current `c`, counted from 0.
    struct Slope {
        double ohm = 0;       // V per A of import; right is negative
        double certainty = 0; // ohm by its standard error
    };
    using Slopes = std::array<std::array<Slope, phases>, phases>; // [v][c]

    // Takes the change since the sample before, if there is one within `longest_gap`. A phase without voltage
    // or power does not count.
    void take(const Reading& reading);
    // A link was interrupted, or the wiring may have changed: the next sample has none before it.
    void interrupt() { before_.reset(); }
    void forget_half();

    double steps() const { return count_; } // changes that were taken
    // How many steps of equal size would weigh as much as those of current `c`: one great step, and what the
    // neighbours did at that moment, must not decide.
    double weight(std::size_t c) const;
    Slopes slopes() const;

  private:
    struct Sample {
        Clock::time_point time;
        std::array<std::optional<double>, phases> volts, amperes; // active current, import is positive
    };
    static Sample sample_of(const Reading& reading);
    bool tells(const Sample& before, const Sample& now);

    std::optional<Sample> before_;
    std::array<double, phases> slid_{}; // change of each current to the sample before it
    double count_ = 0;
    std::array<std::array<double, phases>, phases> currents_{}; // sums of products of two currents
    std::array<std::array<double, phases>, phases> mixed_{};    // [v][c] of voltage and current
    std::array<double, phases> voltages_{}, fourths_{}; // sums of squares, and of fourth powers of currents
};

} // namespace gridbridge
