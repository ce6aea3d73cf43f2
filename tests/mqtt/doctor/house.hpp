// A simulated house at the end of a line: loads, sun, battery, and the voltages that follow from them.
#pragma once

#include <array>
#include <complex>
#include <cstdint>
#include <random>
#include <vector>

namespace gridbridge::simulated {

using Phases = std::array<double, 3>;
using Phasors = std::array<std::complex<double>, 3>; // by phase

enum class Battery { None, OnePhase, ThreePhases };
enum class CarTime { Any, Night };

struct HouseOptions {
    bool three_phases = true;
    double pv_watts = 0; // of the generator; 0: none
    bool pv_on_three_phases = false;
    Battery battery = Battery::None;
    bool has_car = false;
    bool has_heat_pump = false;
    double load_factor = 1;
    double line_ohm = 0.2; // of one phase to the transformer
    bool neutral = true;   // false: it is broken between house and transformer
    int start_hour = 0;
};

// All powers in W, import and consumption positive, production of the sun positive.
struct HouseState {
    Phasors volts; // phase to neutral, at the meter
    Phasors loads; // A, of the house without sun and battery
    Phasors sun;   // A, what the inverter gives
    Phasors grid;  // A, what comes from the grid
};

class House {
  public:
    House(const HouseOptions& options, std::uint64_t seed);

    // The state `seconds` after the one before.
    HouseState step(double seconds);
    double hour() const { return hour_; } // of the day, 0..24

  private:
    struct Device {
        std::array<bool, 3> on{}; // phases it uses
        double watts = 0;         // per phase
        double reactive = 0;      // var per W
        double left = 0;          // s
        double cycle = 0;         // s, of a thermostat; 0: none
        double share = 1;         // of a cycle that it is on
        double age = 0;
    };

    double uniform(double low, double high) {
        return std::uniform_real_distribution<double>(low, high)(random_);
    }
    bool happens(double per_hour, double seconds) { return uniform(0, 1) < per_hour * seconds / 3600; }
    void start_devices(double seconds);
    std::array<std::complex<double>, 3> load_powers(double seconds);
    void move_sun(double seconds);
    void move_supply(double seconds);
    Phasors battery_powers(const std::array<std::complex<double>, 3>& net, double seconds);
    HouseState solve(const std::array<std::complex<double>, 3>& loads, double seconds);

    HouseOptions options_;
    std::mt19937_64 random_;
    std::vector<Device> devices_;
    double hour_;
    double cloud_ = 1, cloud_left_ = 0;
    Phases supply_{}, slow_{}, neighbours_{}, base_{}, wander_{};
    Phases charge_{}; // W, what the battery takes now
    double stored_ = 0.4;
    Phasors volts_{};
};

} // namespace gridbridge::simulated
