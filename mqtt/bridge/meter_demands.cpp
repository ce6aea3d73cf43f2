#include "mqtt/bridge/meter_demands.hpp"

#include <utility>

namespace gridbridge {
namespace {

DemandOptions options_of(const MeterDemandsOptions& options, const Meter& meter) {
    DemandOptions result;
    result.interval = *options.interval;
    result.limit_watts = options.limit_watts;
    result.meter_reckons = meter.info.kind == "p1";
    result.energy_ratio = meter.info.energy_ratio;
    result.totals_are_phase_sums = meter.info.totals_are_phase_sums;
    return result;
}

KeptDemand demand_from(const Settings::Demand& kept) {
    return {kept.minutes, kept.begin, kept.kwh, kept.counter, kept.month, kept.peak_watts};
}

} // namespace

MeterDemands::Running& MeterDemands::running(const Meter& meter) {
    Of of{meter.device_id, meter.info.energy_ratio, meter.info.multiphase};
    const auto known = running_.find(meter.source);
    if (known != running_.end() && known->second.of == of) {
        return known->second;
    }
    if (known != running_.end()) {
        store(known->second);
    }
    KeptDemand kept = demand_from(kept_.demand(meter.device_id));
    if (known != running_.end() && known->second.of.device_id == of.device_id) { // it counts other things
        kept.begin = 0;
    }
    running_.erase(meter.source);
    return running_.emplace(meter.source, Running{std::move(of), Demand(options_of(options_, meter), kept)})
        .first->second;
}

std::optional<LocalMoment> MeterDemands::local_time(Clock::time_point received, Clock::time_point now) const {
    auto local = options_.local_time ? options_.local_time() : std::nullopt;
    if (local) {
        local->unix_ms -= std::chrono::duration_cast<std::chrono::milliseconds>(now - received).count();
    }
    return local;
}

void MeterDemands::apply_configured(Meter& meter, Reading& reading, Clock::time_point now) {
    if (meter.role != "grid") {
        if (const auto known = running_.find(meter.source); known != running_.end()) {
            store(known->second);
            running_.erase(known);
            meter.interval_watts.reset();
        }
        return;
    }
    Demand& demand = running(meter).demand;
    demand.apply(reading, local_time(reading.received, now));
    if (const auto& finished = demand.finished()) {
        meter.interval_watts = finished->watts;
        meter.interval_end = finished->end;
    } else {
        meter.interval_watts.reset();
    }
}

void MeterDemands::store(const Running& running) {
    if (kept_.awaits_settings()) {
        return;
    }
    const KeptDemand kept = running.demand.kept();
    kept_.store_demand(running.of.device_id,
                       {kept.minutes, kept.begin, kept.kwh, kept.counter, kept.month, kept.peak_watts});
}

void MeterDemands::store() {
    for (const auto& [source, running] : running_) {
        store(running);
    }
}

} // namespace gridbridge
