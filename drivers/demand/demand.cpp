#include "drivers/demand/demand.hpp"

#include "drivers/demand/units.hpp"
#include "drivers/waist/phase_quantities.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace gridbridge {
namespace {

constexpr double forecast_window = 60; // s
constexpr std::chrono::minutes quarter(15);

// A phase that exports takes nothing off what another one imports, if the counter sees it so.
std::optional<double> import_watts(const Reading& reading, bool by_phase) {
    const auto total = reading.get(Quantity::Power);
    double sum = 0;
    bool has_phase = false;
    for (const Quantity phase : phases_of(Quantity::Power)) {
        has_phase |= reading.has(phase);
        sum += std::max(reading.get(phase).value_or(0), 0.0);
    }
    if (by_phase && has_phase) {
        return sum;
    }
    return total ? std::optional(std::max(*total, 0.0)) : std::nullopt;
}

void clear_values(Reading& reading) {
    for (const Quantity quantity : {Quantity::DemandEnergy, Quantity::PowerDemand, Quantity::DemandForecast,
                                    Quantity::DemandMonthPeak, Quantity::DemandAlarm}) {
        reading.clear(quantity);
    }
}

} // namespace

Demand::Demand(const DemandOptions& options, const KeptDemand& kept)
    : options_(options), clock_(options.interval), energy_(options.energy_ratio), kept_(kept) {
    if (options.limit_watts) {
        alarm_.emplace(*options.limit_watts);
    }
    options_.meter_reckons &= options.interval == quarter;
    if (kept_.minutes != options.interval.count()) {
        kept_ = {};
    }
    kept_.minutes = static_cast<int>(options.interval.count());
}

void Demand::apply(Reading& reading, const std::optional<LocalMoment>& wall) {
    const ImportSample sample{reading.received, import_watts(reading, options_.totals_are_phase_sums),
                              reading.get(Quantity::EnergyForward)};
    const auto moment = clock_.take(reading, wall);
    if (moment) {
        follow(*moment, sample);
        set_values(reading, *moment);
    } else {
        energy_.take(sample, std::nullopt);
        energy_.lose_begin();
        clear_values(reading);
    }
    moment_ = moment;
}

void Demand::follow(const IntervalMoment& moment, const ImportSample& sample) {
    const bool was_set = moment_ && !moment.ended;
    const bool begins = moment.ended.value_or(0) > 0;
    if (!resumed_) {
        resume(moment, sample);
    }
    const auto ended = energy_.take(sample, begins ? std::optional(moment.begin) : std::nullopt);
    if (ended && moment.ended == 1) {
        finish(*ended, moment.begin);
    }
    if (was_set || moment.ended.value_or(0) > 1) {
        energy_.lose_begin();
    }
    if (begins && alarm_) {
        alarm_->begin();
    }
    power_.take(sample.at, energy_.newest_step(), sample.watts);
    if (moment.month && *moment.month != kept_.month) {
        kept_.month = *moment.month;
        kept_.peak_watts = 0;
    }
}

// An earlier run saw this interval begin, and its counter tells what was imported meanwhile.
void Demand::resume(const IntervalMoment& moment, const ImportSample& sample) {
    resumed_ = !kept_.begin || sample.counter.has_value();
    if (!kept_.begin || !sample.counter || !moment.unix_begin) {
        return;
    }
    const bool is_same =
        std::abs(static_cast<double>(*moment.unix_begin - kept_.begin)) <= IntervalClock::tolerance;
    const double moved = *sample.counter - kept_.counter;
    const double step = ImportedEnergy::step_of(kept_.counter, *sample.counter, options_.energy_ratio);
    if (is_same && moved >= 0 && step <= ImportedEnergy::fine_step) {
        energy_.resume(kept_.kwh + moved, *sample.counter);
    }
}

void Demand::finish(double kwh, Clock::time_point end) {
    const double watts = kwh * joules_per_kwh / clock_.length();
    finished_ = FinishedInterval{end, watts};
    if (moment_ && moment_->month && *moment_->month == kept_.month) {
        kept_.peak_watts = std::max(kept_.peak_watts, watts);
    }
}

// The meter's own reckoning is what is billed, and known in the middle of an interval too; unless its counter
// shows that it is of something else.
std::optional<double> Demand::running_kwh(const Reading& reading) const {
    const auto ours = energy_.kwh();
    const auto watts = options_.meter_reckons ? reading.get(Quantity::PowerDemand) : std::nullopt;
    if (!watts || *watts < 0) {
        return ours;
    }
    constexpr double slack = 0.02;     // kWh
    constexpr double tolerated = 0.05; // of it
    const double by_meter = *watts * clock_.length() / joules_per_kwh;
    const bool contradicts = ours && std::abs(by_meter - *ours) > slack + tolerated * *ours;
    return contradicts ? ours : by_meter;
}

void Demand::set_values(Reading& reading, const IntervalMoment& moment) {
    const auto kwh = running_kwh(reading);
    const auto own_peak =
        options_.meter_reckons ? reading.get(Quantity::PowerDemandMax) : std::optional<double>();
    clear_values(reading);
    const bool has_peak = kept_.peak_watts > 0 && moment.month == kept_.month;
    reading.set(Quantity::DemandMonthPeak,
                own_peak ? own_peak : (has_peak ? std::optional(kept_.peak_watts) : std::nullopt));
    if (!kwh) {
        return;
    }
    const double length = clock_.length();
    const double joules = *kwh * joules_per_kwh;
    reading.set(Quantity::DemandEnergy, *kwh);
    reading.set(Quantity::PowerDemand, joules / length);
    if (const auto watts = power_.mean(forecast_window)) {
        const double rest = std::max(length - moment.elapsed, 0.0);
        reading.set(Quantity::DemandForecast, (joules + *watts * rest) / length);
    }
    if (alarm_) {
        reading.set(Quantity::DemandAlarm,
                    static_cast<double>(alarm_->take(*kwh, moment.elapsed, length, power_)));
    }
}

KeptDemand Demand::kept() const {
    KeptDemand kept = kept_;
    const auto kwh = energy_.kwh();
    if (resumed_ || kwh) {
        kept.begin = 0;
    }
    const auto& newest = energy_.newest();
    if (kwh && newest && newest->counter && moment_ && moment_->unix_begin) {
        kept.begin = *moment_->unix_begin;
        kept.kwh = *kwh;
        kept.counter = *newest->counter;
    }
    return kept;
}

} // namespace gridbridge
