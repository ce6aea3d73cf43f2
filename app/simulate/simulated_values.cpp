#include "app/simulate/simulated_values.hpp"

#include <cmath>
#include <cstddef>

namespace gridbridge {
namespace {

constexpr double two_pi = 6.283185307179586;

// mean + swing x sin(2 pi t / period)
struct Wave {
    double mean;
    double swing;
    double period; // s

    double at(double t) const { return mean + swing * std::sin(two_pi * t / period); }
    double integral(double t) const {
        return mean * t + swing * period / two_pi * (1 - std::cos(two_pi * t / period));
    }
};

constexpr std::array<Wave, 3> powers{Wave{820, 240, 67}, Wave{410, 130, 41}, Wave{-1650, 700, 113}}; // W
constexpr std::array<Wave, 3> voltages{Wave{230.4, 1.2, 29}, Wave{229.8, 0.9, 37}, Wave{231.6, 1.4, 53}};
constexpr Wave frequency{50.0, 0.02, 23};

double kilowatt_hours(double watt_seconds) {
    return watt_seconds / 3.6e6;
}

} // namespace

SimulatedValues simulate_values(double seconds) {
    SimulatedValues values;
    values.seconds = seconds;
    for (std::size_t i = 0; i < values.phases.size(); ++i) {
        SimulatedPhase& phase = values.phases[i];
        phase.voltage = voltages[i].at(seconds);
        phase.power = powers[i].at(seconds);
        phase.current = std::abs(phase.power) / phase.voltage;
    }
    values.frequency = frequency.at(seconds);
    values.energy_in = 4321.0 + kilowatt_hours(powers[0].integral(seconds) + powers[1].integral(seconds));
    values.energy_out = 1234.0 + kilowatt_hours(-powers[2].integral(seconds));
    values.gas = 2345.0 + seconds * 1e-5;
    return values;
}

} // namespace gridbridge
