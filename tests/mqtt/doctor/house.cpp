#include "tests/mqtt/doctor/house.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gridbridge::simulated {
namespace {

using Complex = std::complex<double>;

Complex direction(std::size_t phase) {
    return std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(phase) / 3);
}

double busy_hours(double hour) { // how much is switched on, by the time of day
    return hour < 6 ? 0.15 : hour < 9 ? 1.2 : hour < 16 ? 0.6 : hour < 22 ? 1.3 : 0.5;
}

} // namespace

House::House(const HouseOptions& options, std::uint64_t seed)
    : options_(options), random_(seed), hour_(options.start_hour) {
    for (std::size_t i = 0; i < 3; ++i) {
        supply_.at(i) = uniform(228, 236);
        base_.at(i) = uniform(30, 160) * options.load_factor;
        volts_.at(i) = 230.0 * direction(i);
    }
    Device fridge;
    fridge.on.at(options.three_phases ? random_() % 3 : 0) = true;
    fridge.watts = uniform(70, 130);
    fridge.reactive = 0.4;
    fridge.left = 1e9;
    fridge.cycle = uniform(1800, 4200);
    fridge.share = 0.4;
    devices_.push_back(fridge);
    if (options.has_heat_pump) {
        Device pump;
        pump.on = options.three_phases ? std::array{true, true, true} : std::array{true, false, false};
        pump.watts = uniform(500, 1500);
        pump.reactive = uniform(0.1, 0.5);
        pump.left = 1e9;
        pump.cycle = uniform(900, 3600);
        pump.share = uniform(0.3, 0.8);
        devices_.push_back(pump);
    }
}

void House::start_devices(double seconds) {
    const double busy = busy_hours(hour_) * options_.load_factor;
    if (happens(6 * busy, seconds)) {
        Device device;
        device.on.at(options_.three_phases ? random_() % 3 : 0) = true;
        device.watts = uniform(300, 3000);
        device.reactive = uniform(0, 0.25);
        device.left = uniform(90, 1800);
        device.cycle = happens(0.5, 3600) ? uniform(15, 120) : 0;
        device.share = uniform(0.3, 0.8);
        devices_.push_back(device);
    }
    if (options_.has_car && happens(0.12, seconds)) {
        Device car;
        const bool three = options_.three_phases && random_() % 2 == 0;
        car.on = three ? std::array{true, true, true} : std::array{true, false, false};
        car.watts = uniform(1400, 3600);
        car.left = uniform(3600, 4 * 3600);
        devices_.push_back(car);
    }
}

std::array<Complex, 3> House::load_powers(double seconds) {
    std::array<Complex, 3> powers{};
    for (std::size_t i = 0; i < (options_.three_phases ? 3U : 1U); ++i) {
        wander_.at(i) = 0.98 * wander_.at(i) + uniform(-4, 4);
        powers.at(i) = {std::max(5.0, base_.at(i) + wander_.at(i) + uniform(-3, 3)), -uniform(10, 60)};
    }
    for (Device& device : devices_) {
        device.age += seconds;
        device.left -= seconds;
        const bool is_on =
            device.cycle <= 0 || std::fmod(device.age, device.cycle) < device.share * device.cycle;
        for (std::size_t i = 0; i < 3 && is_on; ++i) {
            if (device.on.at(i)) {
                powers.at(i) +=
                    Complex(device.watts, device.watts * device.reactive) * (1 + uniform(-0.005, 0.005));
            }
        }
    }
    std::erase_if(devices_, [](const Device& device) { return device.left <= 0; });
    return powers;
}

void House::move_sun(double seconds) {
    cloud_left_ -= seconds;
    if (cloud_left_ <= 0) {
        cloud_left_ = uniform(20, 600);
        cloud_ = uniform(0, 1) < 0.5 ? uniform(0.8, 1) : uniform(0.15, 0.6);
    }
}

void House::move_supply(double seconds) {
    for (std::size_t i = 0; i < 3; ++i) {
        slow_.at(i) = (1 - seconds / 600) * slow_.at(i) + uniform(-0.25, 0.25);
        if (happens(20, seconds)) {
            neighbours_.at(i) = uniform(-2, 1);
        }
    }
}

// Brings the sum of the phases to about nothing, as a battery inverter does.
Phasors House::battery_powers(const std::array<Complex, 3>& net, double seconds) {
    Phasors powers{};
    if (options_.battery == Battery::None) {
        return powers;
    }
    const double sum = (net[0] + net[1] + net[2]).real();
    const std::size_t count = options_.battery == Battery::OnePhase || !options_.three_phases ? 1 : 3;
    const bool may_charge = stored_ < 1;
    const bool may_give = stored_ > 0.1;
    for (std::size_t i = 0; i < count; ++i) {
        const double wanted = (30 - sum) / static_cast<double>(count);
        double aim = std::clamp(wanted, may_give ? -4000.0 : 0.0, may_charge ? 3500.0 : 0.0);
        charge_.at(i) += (aim - charge_.at(i)) * std::min(1.0, seconds / 3) + uniform(-8, 8);
        powers.at(i) = {charge_.at(i), 40};
        stored_ += charge_.at(i) * seconds / 3.6e6 / 10;
    }
    return powers;
}

HouseState House::solve(const std::array<Complex, 3>& loads, double seconds) {
    HouseState state;
    Phasors sources{};
    const double day = hour_ > 6 && hour_ < 20 ? std::sin((hour_ - 6) / 14 * std::numbers::pi) : 0;
    const double give = options_.pv_watts * std::pow(day, 1.5) * cloud_;
    const std::size_t pv_phases = options_.pv_on_three_phases && options_.three_phases ? 3 : 1;
    std::array<Complex, 3> sun{};
    for (std::size_t i = 0; i < pv_phases && options_.pv_watts > 0; ++i) {
        sun.at(i) = {give > 20 ? give / static_cast<double>(pv_phases) : -4.0, -15.0};
    }
    std::array<Complex, 3> net{};
    for (std::size_t i = 0; i < 3; ++i) {
        net.at(i) = loads.at(i) - sun.at(i);
        sources.at(i) =
            (supply_.at(i) + slow_.at(i) + neighbours_.at(i) + uniform(-0.15, 0.15)) * direction(i);
    }
    const Phasors battery = battery_powers(net, seconds);
    const double ohm = options_.line_ohm;
    for (int round = 0; round < 6; ++round) {
        Complex neutral = 0;
        Complex admittance = 0;
        Complex pull = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            state.grid.at(i) = std::conj((net.at(i) + battery.at(i)) / volts_.at(i));
            state.loads.at(i) = std::conj(loads.at(i) / volts_.at(i));
            state.sun.at(i) = std::conj(sun.at(i) / volts_.at(i));
            neutral += state.grid.at(i);
            const Complex y = std::conj(net.at(i) + battery.at(i)) / (230.0 * 230.0);
            admittance += y;
            pull += y * sources.at(i);
        }
        const Complex star = options_.neutral ? ohm * neutral : pull / admittance;
        for (std::size_t i = 0; i < 3; ++i) {
            volts_.at(i) = sources.at(i) - ohm * state.grid.at(i) - star;
            if (!options_.neutral) {
                volts_.at(i) = sources.at(i) - star; // loads of constant admittance, so nothing runs away
            }
        }
    }
    state.volts = volts_;
    return state;
}

HouseState House::step(double seconds) {
    hour_ = std::fmod(hour_ + seconds / 3600, 24);
    start_devices(seconds);
    move_sun(seconds);
    move_supply(seconds);
    return solve(load_powers(seconds), seconds);
}

} // namespace gridbridge::simulated
