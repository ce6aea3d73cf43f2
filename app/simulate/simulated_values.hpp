// Moving, plausible values of a grid meter that does not exist.
#pragma once

#include <array>

namespace gridbridge {

struct SimulatedPhase {
    double voltage = 0; // V
    double current = 0; // A, magnitude
    double power = 0;   // W, import positive
};

struct SimulatedValues {
    double seconds = 0; // since the simulation's start
    std::array<SimulatedPhase, 3> phases;
    double frequency = 0;  // Hz
    double energy_in = 0;  // kWh, counted per phase: it rises although the meter exports in total
    double energy_out = 0; // kWh
    double gas = 0;        // m3

    double power() const { return phases[0].power + phases[1].power + phases[2].power; } // W
};

// Phases 1 and 2 import, phase 3 exports. Energies are the integrals of the powers, so they fit at any two
// moments. Pure; `seconds` >= 0.
SimulatedValues simulate_values(double seconds);

} // namespace gridbridge
