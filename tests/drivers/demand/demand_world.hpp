// A meter with clock, counter and power in a load that a test gives, and its demand.
#pragma once

#include "drivers/demand/demand.hpp"

#include <cmath>
#include <functional>
#include <optional>

namespace gridbridge {

constexpr double joules_in_kwh = 3.6e6;

struct DemandWorld {
    DemandOptions options{};
    double pace = 1;            // s between readings
    double counter_step = 1e-3; // kWh; 0: it has no counter
    bool shows_power = true;
    bool has_clock = true;
    std::function<double(int second)> watts = [](int) { return 1000.0; };
    KeptDemand kept{};

    int second = 0; // of the simulation, which begins with an hour
    double joules = 0;
    std::optional<double> offset; // of the machine's clock, s since 1970; nothing: not set
    std::optional<Demand> demand{};
    Reading newest{};

    Reading measure() const {
        Reading reading;
        reading.received = Clock::time_point(std::chrono::hours(5)) + std::chrono::seconds(second);
        if (has_clock) {
            reading.meter_second = static_cast<std::int16_t>(second % 3600);
            reading.meter_month = static_cast<std::int16_t>(12 * 2026 + second / month);
        }
        if (shows_power) {
            reading.set(Quantity::Power, std::round(watts(second)));
        }
        if (counter_step > 0) {
            const double steps = std::floor((joules / joules_in_kwh + 1234.5) / counter_step + 1e-6);
            reading.set(Quantity::EnergyForward, std::round(steps * counter_step * 1e4) / 1e4);
        }
        return reading;
    }
    // What the meter says at this second, as `change` makes it.
    void say(const std::function<void(Reading&)>& change = {}) {
        if (!demand) {
            demand.emplace(options, kept);
        }
        newest = measure();
        if (change) {
            change(newest);
        }
        const auto wall =
            offset ? std::optional(LocalMoment{static_cast<std::int64_t>((*offset + second) * 1000), 0})
                   : std::nullopt;
        demand->apply(newest, wall);
    }
    // A second passes.
    void pass() {
        joules += std::max(watts(second), 0.0);
        ++second;
    }
    void run_until(int end, const std::function<void(Reading&)>& change = {}) {
        for (; second < end; pass()) {
            if (std::fmod(second, pace) == 0) {
                say(change);
            }
        }
    }

    static constexpr int month = 30 * 86400;
};

} // namespace gridbridge
