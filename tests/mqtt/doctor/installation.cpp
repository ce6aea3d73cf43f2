#include "tests/mqtt/doctor/installation.hpp"

#include "drivers/waist/phase_quantities.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace gridbridge::simulated {
namespace {

constexpr double step_s = 2;
constexpr std::int64_t unix_start_ms = 1'780'000'000'000 / 900'000 * 900'000;

Clock::duration duration_of(double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

double to_step(double value, double step) {
    return std::round(value / step) * step;
}

} // namespace

Installation::Installation(const HouseOptions& house, std::uint64_t seed, DoctorOptions options)
    : house_(house, seed), house_has_three_phases_(house.three_phases), random_(seed ^ 0x9E3779B97F4A7C15U),
      peak_watts_(options.peak_watts), doctor_(options), start_(Clock::time_point(std::chrono::hours(1000))),
      now_(start_) {
    view.broker.connected = true;
    view.broker.server = "mqtt://127.0.0.1:1883";
}

Installed& Installation::add(const std::string& role, Wiring wiring, DriverKind driver) {
    auto installed = std::make_unique<Installed>();
    wiring.three_phases = wiring.three_phases && house_has_three_phases_;
    installed->wiring = wiring;
    installed->meter = std::make_unique<Meter>();
    Meter& meter = *installed->meter;
    meter.source = {static_cast<std::uint16_t>(meters_.size()), 0};
    meter.config.driver = driver;
    meter.config.transport = is_stream(driver) ? Transport::Serial : Transport::Rtu;
    meter.config.uri = "cg+rtu:///dev/ttyUSB" + std::to_string(meters_.size());
    meter.config.interval = std::chrono::seconds(1);
    meter.info.serial = "M" + std::to_string(meters_.size());
    meter.info.model = "EM24-DIN AV9";
    meter.info.phases = wiring.three_phases ? 3 : 1;
    meter.role = role;
    if (peak_watts_ && role == "grid") {
        installed->demand.emplace(DemandOptions{.limit_watts = peak_watts_});
    }
    meters_.push_back(std::move(installed));
    doctor_.follow(meter);
    return *meters_.back();
}

Reading Installation::reading_of(const Installed& installed, const HouseState& state) {
    const Wiring& wiring = installed.wiring;
    const Phasors& amperes = wiring.place == Place::Grid  ? state.grid
                             : wiring.place == Place::Sun ? state.sun
                                                          : state.loads;
    Reading reading;
    reading.received = now_;
    double total = 0;
    for (std::size_t i = 0; i < (wiring.three_phases ? 3U : 1U); ++i) {
        const std::complex<double> volts = wiring.has_voltage.at(i) ? state.volts.at(i) : 0.0;
        const std::complex<double> through = amperes.at(wiring.current_of.at(i)) * wiring.factor.at(i);
        double watts = (volts * std::conj(through)).real() * (wiring.has_power.at(i) ? 1 : 0);
        watts = wiring.import_only ? std::max(0.0, watts) : watts;
        total += watts;
        if (!wiring.total_only) {
            reading.set(phases_of(Quantity::Voltage).at(i), to_step(std::abs(volts), wiring.volt_step));
            reading.set(phases_of(Quantity::Current).at(i),
                        std::copysign(to_step(std::abs(through), wiring.ampere_step), watts));
            reading.set(phases_of(Quantity::Power).at(i), to_step(watts, wiring.watt_step));
        }
    }
    if (wiring.three_phases && !wiring.total_only) {
        reading.set(Quantity::PhaseSequence, wiring.turns_backwards ? 1.0 : 0.0);
    }
    if (installed.gives_power) {
        reading.set(Quantity::Power, to_step(total * (1 - wiring.sum_error), wiring.watt_step));
    } else {
        reading.set(Quantity::EnergyForward, 1234.0);
    }
    if (installed.has_clock) {
        const double seconds = std::chrono::duration<double>(now_ - start_).count() + installed.clock_offset;
        const auto second = unix_start_ms / 1000 + static_cast<std::int64_t>(std::floor(seconds));
        reading.meter_second = static_cast<std::int16_t>(second % 3600);
    }
    return reading;
}

void Installation::measure(Installed& installed, const HouseState& state) {
    Meter& meter = *installed.meter;
    const double hours = std::chrono::duration<double>(now_ - start_).count() / 3600;
    const double seconds = hours * 3600;
    if (installed.dies_at && hours >= *installed.dies_at) {
        meter.life = MeterLife::Lost;
        meter.loss_reason = "3 requests in a row got no answer";
        meter.reading = {};
        return;
    }
    if (seconds < installed.next) {
        return;
    }
    const auto uniform = [&] { return std::uniform_real_distribution<double>(0, 1)(random_); };
    installed.next = seconds + installed.interval - 0.1; // steps are not exact
    if (uniform() < installed.lost) {
        ++meter.counters.timeouts;
        return;
    }
    if (uniform() < installed.late) {
        installed.next = seconds + 60;
        return;
    }
    const Clock::time_point simulated = now_;
    meter.reading = reading_of(installed, state);
    meter.life = MeterLife::Live;
    meter.last_good = simulated;
    meter.last_power = meter.reading.has(Quantity::Power) ? simulated : meter.last_power;
    meter.pace.arrived(simulated);
    ++meter.counters.good;
    meter.publish_latencies.add(std::chrono::microseconds(400));
    meter.phase_sum.apply(meter.reading, meter.info.phases);
    if (installed.demand) {
        const double passed = std::chrono::duration<double>(now_ - start_).count();
        installed.demand->apply(meter.reading, LocalMoment{unix_start_ms + std::llround(passed * 1000), 0});
        if (const auto& finished = installed.demand->finished()) {
            meter.interval_watts = finished->watts;
            meter.interval_end = finished->end;
        }
    }
    doctor_.reading(meter, now_);
}

Outcome Installation::run(double hours, std::optional<FindingCode> expected) {
    Outcome outcome;
    double look_at = 0;
    for (double seconds = 0; seconds < hours * 3600; seconds += step_s) {
        now_ = start_ + duration_of(seconds);
        const HouseState state = house_.step(step_s);
        for (const auto& installed : meters_) {
            measure(*installed, state);
        }
        if (seconds < look_at) {
            continue;
        }
        look_at = seconds + 10;
        if (before_look) {
            before_look(seconds / 3600);
        }
        view.unix_ms = has_clock ? std::optional(unix_start_ms + static_cast<std::int64_t>(seconds * 1000))
                                 : std::nullopt;
        for (const Finding& finding : doctor_.look(view, now_)) {
            outcome.told.insert({finding.code, finding.meter});
            if (finding.severity >= Severity::Warning) {
                if (outcome.named.insert({finding.code, finding.meter}).second) {
                    outcome.evidence +=
                        "\n      " + std::string(finding_row(finding.code).name) + ": " + finding.evidence;
                }
            }
            if (finding.code == expected && !outcome.hours) {
                outcome.hours = seconds / 3600;
                outcome.finding = finding;
            }
        }
        if (outcome.hours && seconds / 3600 > *outcome.hours + 0.5) {
            break; // and half an hour more, in which nothing else may be named
        }
    }
    return outcome;
}

} // namespace gridbridge::simulated
