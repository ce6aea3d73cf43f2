// The meters people try the program with are sound: nothing is said of them.
#include "app/simulate/simulated_values.hpp"
#include "drivers/waist/phase_quantities.hpp"
#include "mqtt/doctor/doctor.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point start{100h};

double rounded(double value, double step) {
    return std::round(value / step) * step;
}

// As a meter with this resolution shows it.
Reading shown(double seconds, double watts_step) {
    const SimulatedValues values = simulate_values(seconds);
    Reading reading;
    for (std::size_t i = 0; i < values.phases.size(); ++i) {
        const SimulatedPhase& phase = values.phases.at(i);
        reading.set(phases_of(Quantity::Voltage).at(i), rounded(phase.voltage, 0.1));
        reading.set(phases_of(Quantity::Current).at(i), rounded(phase.current, watts_step / 100));
        reading.set(phases_of(Quantity::Power).at(i), rounded(phase.power, watts_step));
    }
    reading.set(Quantity::Power, rounded(values.power(), watts_step));
    return reading;
}

class SimulatedMeters : public testing::TestWithParam<std::chrono::milliseconds> {};

TEST_P(SimulatedMeters, AreSoundWhateverTheirPace) {
    for (const double watts_step : {0.1, 1.0, 10.0}) {
        Meter meter;
        meter.info.serial = "S";
        meter.info.phases = 3;
        meter.role = "grid";
        meter.life = MeterLife::Live;
        Doctor doctor({});
        doctor.follow(meter);
        DoctorView view;
        view.broker.connected = true;
        for (auto now = start; now < start + 2h; now += GetParam()) {
            meter.reading = shown(std::chrono::duration<double>(now - start).count(), watts_step);
            meter.reading.received = meter.last_good = now;
            doctor.reading(meter, now);
            if ((now - start) % 20s == 0s) {
                view.unix_ms = 1'780'000'000'000 + (now - start) / 1ms;
                for (const Finding& finding : doctor.look(view, now)) {
                    EXPECT_EQ(finding.severity, Severity::Info)
                        << watts_step << " W, after " << (now - start) / 1s << " s: " << finding.text;
                    if (finding.severity != Severity::Info) {
                        return;
                    }
                }
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Paces, SimulatedMeters, testing::Values(250ms, 1000ms, 5000ms, 10'000ms),
                         [](const auto& pace) { return std::to_string(pace.param.count()) + "ms"; });

} // namespace
} // namespace gridbridge
