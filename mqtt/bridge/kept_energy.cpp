#include "mqtt/bridge/kept_energy.hpp"

#include "mqtt/bridge/counter_texts.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gridbridge {
namespace {

// The counters accepted in an earlier run.
CounterGuard stored_guard(const Settings& settings, const Meter& meter) {
    CounterGuard::Marks marks;
    if (const Settings::Device* const device = settings.find(meter.device_id)) {
        for (const QuantityRow& row : quantity_table) {
            const auto mark = device->counters.find(std::string(row.name));
            if (mark != device->counters.end() && row.kind == QuantityKind::Counter) {
                marks[row.quantity] = mark->second;
            }
        }
    }
    return CounterGuard(marks, {meter.config.fuse, meter.info.energy_ratio});
}

std::optional<PhaseEnergies> kept(const std::optional<std::array<double, 3>>& kwh) {
    return kwh ? std::optional(PhaseEnergies{(*kwh)[0], (*kwh)[1], (*kwh)[2]}) : std::nullopt;
}

} // namespace

void KeptEnergy::begin(Meter& meter, const MeterInfo& before, bool settings_known) {
    const MeterInfo& info = meter.info;
    const bool another = before.kind != info.kind || before.serial != info.serial;
    const bool another_use = !another && before.multiphase != info.multiphase;
    const bool another_ratio = before.energy_ratio != info.energy_ratio;
    Energy& energy = energies_[meter.source];
    energy.device_id = meter.device_id;
    if (another_use) { // the totals count other phases from now on: less is no fall
        settings_.set_counters(meter.device_id, {});
    }
    if (!another && another_ratio && settings_known) {
        store(energy);
    }
    if (another || (another_ratio && settings_known)) {
        energy.estimate.reset();
        energy.netted.reset();
    }
    settings_.set_energy_ratio(meter.device_id, info.energy_ratio);
    if (another || another_use || another_ratio) {
        energy.guard = stored_guard(settings_, meter);
        meter.counters_held = false;
        meter.standing.clear();
    }
    if (!info.estimate_reverse_per_phase) {
        store_estimate(energy);
        energy.estimate.reset();
    } else if (!energy.estimate && settings_known) {
        energy.estimate.emplace(settings_.reverse_kwh(meter.device_id), info.totals_are_phase_sums);
    }
    begin_netted(energy, meter, settings_known);
}

void KeptEnergy::begin_netted(Energy& energy, const Meter& meter, bool settings_known) {
    if (!meter.config.netting || energy.netted || !settings_known) {
        return;
    }
    const Settings::Device* const device = settings_.find(meter.device_id);
    const auto kept = device == nullptr ? std::nullopt : device->netted;
    energy.netted = std::make_unique<Netted>(Netted{NettedEnergy(kept), {}, {}, 0});
    if (kept) {
        energy.netted->told_from = 0;
        energy.netted->stored_step = kept->step;
    }
}

bool KeptEnergy::end(const Meter& meter, bool settings_known) {
    const auto energy = energies_.find(meter.source);
    if (energy == energies_.end()) {
        return false;
    }
    const bool stored = settings_known && store(energy->second);
    energies_.erase(energy);
    return stored;
}

void KeptEnergy::correct(Meter& meter, Reading& reading) {
    Energy& energy = energies_[meter.source];
    const bool was_held = meter.counters_held;
    if (energy.netted) { // of a reading that is shown again: no counters to be judged
        reading.clear(Quantity::EnergyNettingForward);
        reading.clear(Quantity::EnergyNettingReverse);
    }
    go_on_from(meter, energy, energy.guard.apply(reading));
    meter.counters_held = energy.guard.holding();
    meter.standing = energy.guard.standing(reading);
    meter.counters_held_back = energy.guard.held_back();
    if (meter.counters_held && !was_held) {
        log(meter, held_text(energy.guard.held(), energy.guard.bound_watts()));
    }
    if (energy.estimate && !reading.empty()) {
        energy.estimate->apply(reading);
    }
    if (energy.netted && !reading.empty()) {
        add_netted(energy, meter, reading);
    }
}

// A sum that was told before anything was kept would begin anew after a power cut.
void KeptEnergy::add_netted(Energy& energy, Meter& meter, Reading& reading) {
    Netted& netted = *energy.netted;
    netted.energy.apply(reading);
    netted.kind.apply(reading);
    meter.counter_kind = meter.info.totals_are_phase_sums ? CounterKind::PerPhase : netted.kind.kind();
    if (netted.energy.has_begun()) {
        store_early(energy);
    }
    if (!netted.told_from || !settings_.is_on_disk(*netted.told_from)) {
        reading.clear(Quantity::EnergyNettingForward);
        reading.clear(Quantity::EnergyNettingReverse);
    }
}

// Before anything is told; and when the counters prove finer than was known: the coarser they are thought,
// the longer nothing is told after a power cut. With the counters they go with: one that begins anew must not
// be taken for what has flowed.
void KeptEnergy::store_early(Energy& energy) {
    Netted& netted = *energy.netted;
    const NettedEnergy::Kept kept = *netted.energy.kept();
    if (!netted.told_from || kept.step < netted.stored_step / 2) {
        store(energy);
        netted.stored_step = kept.step;
    }
    if (!netted.told_from) {
        netted.told_from = settings_.next_save();
    }
}

bool KeptEnergy::confirm_counters(Meter& meter) {
    Energy& energy = energies_[meter.source];
    if (!energy.guard.holding()) {
        return false;
    }
    go_on_from(meter, energy, energy.guard.confirm());
    meter.counters_held = false;
    meter.standing.clear();
    return true;
}

void KeptEnergy::set_estimate(const std::string& device_id, int phase, double kwh) {
    Energy* const energy = find(device_id);
    const bool counting = energy != nullptr && energy->estimate;
    PhaseEnergies phases = settings_.reverse_kwh(device_id);
    if (counting) {
        energy->estimate->set_phase(phase, kwh);
        phases = kept(energy->estimate->phase_kwh()).value_or(phases);
    }
    phases.at(static_cast<std::size_t>(phase - 1)) = kwh;
    settings_.set_reverse_kwh(device_id, phases);
}

std::vector<std::string> KeptEnergy::store() {
    std::vector<std::string> estimated;
    for (const auto& [source, energy] : energies_) {
        if (store(energy)) {
            estimated.push_back(energy.device_id);
        }
    }
    return estimated;
}

bool KeptEnergy::store(const Energy& energy) {
    const bool estimated = store_estimate(energy);
    std::map<std::string, double> counters;
    for (const auto& [quantity, mark] : energy.guard.marks()) {
        counters.emplace(quantity_table.at(index_of(quantity)).name, mark);
    }
    if (!counters.empty()) {
        settings_.set_counters(energy.device_id, std::move(counters));
    }
    if (energy.netted && energy.netted->energy.has_begun()) {
        settings_.set_netted(energy.device_id, *energy.netted->energy.kept());
    }
    return estimated;
}

bool KeptEnergy::store_estimate(const Energy& energy) {
    const auto kwh = kept(energy.estimate ? energy.estimate->phase_kwh() : std::nullopt);
    if (kwh) {
        settings_.set_reverse_kwh(energy.device_id, *kwh);
    }
    return kwh.has_value();
}

void KeptEnergy::forget(const std::string& device_id) {
    std::erase_if(energies_, [&](const auto& entry) { return entry.second.device_id == device_id; });
}

KeptEnergy::Energy* KeptEnergy::find(const std::string& device_id) {
    const auto hit = std::find_if(energies_.begin(), energies_.end(),
                                  [&](const auto& entry) { return entry.second.device_id == device_id; });
    return hit == energies_.end() ? nullptr : &hit->second;
}

void KeptEnergy::log(const Meter& meter, const std::string& message) const {
    if (log_) {
        log_(LogLevel::Warn, meter.info.product_name + " " + meter.info.serial, message);
    }
}

// Nothing was exported between the two values.
void KeptEnergy::go_on_from(const Meter& meter, Energy& energy,
                            const std::vector<CounterGuard::Exchange>& exchanges) const {
    for (const CounterGuard::Exchange& exchange : exchanges) {
        log(meter, exchange_text(exchange));
        if (exchange.quantity == Quantity::EnergyReverse && energy.estimate) {
            energy.estimate->set_total(exchange.after);
        }
        if (energy.netted) {
            energy.netted->energy.own_exchanged(exchange.quantity, exchange.before, exchange.after);
        }
    }
}

} // namespace gridbridge
