#include "drivers/modbus/map/phase_use.hpp"

#include "drivers/modbus/map/decode.hpp"
#include "drivers/values/phase_options.hpp"
#include "drivers/waist/phase_quantities.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace gridbridge {
namespace {

using enum Quantity;

// Of the whole meter, and right for a single phase as well.
constexpr std::array single_extras{
    Frequency, PowerDemand, PowerDemandMax, ReactiveEnergyForward, ReactiveEnergyReverse, Temperature};

bool has_row(const ModelRow& model, Quantity quantity) {
    return std::any_of(model.rows.begin(), model.rows.end(),
                       [quantity](const RegisterRow& row) { return row.quantity == quantity; });
}

// Where the value of the only phase is: counters are totals wherever there are any.
Quantity single_source(const ModelRow& model, Quantity total) {
    const bool is_counter = total == EnergyForward || total == EnergyReverse;
    const bool by_total = is_counter || (total == Power && model.single_phase_power == Power);
    return by_total && has_row(model, total) ? total : of_phase(total, 1);
}

bool is_read(const ModelRow& model, PhaseUse use, Quantity quantity) {
    if (use == PhaseUse::Multi) {
        return true;
    }
    if (use == PhaseUse::Single) {
        return std::find(single_extras.begin(), single_extras.end(), quantity) != single_extras.end() ||
               std::any_of(per_phase_totals.begin(), per_phase_totals.end(),
                           [&](Quantity total) { return single_source(model, total) == quantity; });
    }
    // The counter of phase 3 tells whether the meter uses those counters at all.
    return quantity == EnergyReverse || quantity == EnergyReverseL3 ||
           std::any_of(per_phase_totals.begin(), per_phase_totals.end(), [&](Quantity total) {
               return quantity == of_phase(total, 1) || quantity == of_phase(total, 2);
           });
}

PhaseReadings multi_phase(Reading reading, const MeterSnapshot& snapshot, const MeterConfig& meter) {
    if (!snapshot.has_phase_export) {
        clear_phase_export(reading);
    }
    drop_absent_phases(reading, snapshot.phases);
    if (snapshot.model.complete != nullptr) {
        snapshot.model.complete(reading, snapshot.phases);
    }
    apply_phase_options(reading, meter.phases, meter.invert);
    derive_whole_totals(reading, snapshot.phases);
    return {reading, std::nullopt};
}

PhaseReadings single_phase(const Reading& raw, const ModelRow& model, const MeterConfig& meter) {
    Reading reading;
    for (const Quantity total : per_phase_totals) {
        reading.set(of_phase(total, 1), raw.get(single_source(model, total)));
    }
    for (const Quantity extra : single_extras) {
        reading.set(extra, raw.get(extra));
    }
    apply_phase_options(reading, meter.phases, meter.invert);
    derive_whole_totals(reading, 1); // signs the current before it becomes the total
    const int phase = meter.phases.empty() ? 1 : meter.phases.front(); // what the only phase is called
    for (const Quantity total : per_phase_totals) {
        reading.set(total, reading.get(of_phase(total, phase)));
    }
    return {reading, std::nullopt};
}

Reading device_on(const Reading& both, int phase) {
    Reading reading;
    for (const Quantity total : per_phase_totals) {
        reading.set(total, both.get(of_phase(total, phase)));
        reading.set(of_phase(total, 1), both.get(of_phase(total, phase)));
    }
    return reading;
}

// All export belongs to phase 1, an inverter does not export in reverse; unless the meter counts it itself.
PhaseReadings pv_on_l2(const Reading& raw, bool has_phase_export, const MeterConfig& meter) {
    Reading both;
    for (const Quantity total : per_phase_totals) {
        for (int phase = 1; phase <= 2; ++phase) {
            both.set(of_phase(total, phase), raw.get(of_phase(total, phase)));
        }
    }
    if (!has_phase_export) {
        both.set(EnergyReverseL1, raw.get(EnergyReverse));
        both.clear(EnergyReverseL2);
    }
    apply_phase_options(both, {}, meter.invert);
    derive_whole_totals(both, 2);
    return {device_on(both, 1), device_on(both, 2)};
}

} // namespace

PhaseUse phase_use_of(const ModelRow& model, const PhaseMode& mode) {
    if (model.phases == 1) {
        return PhaseUse::Single;
    }
    if (mode.multiphase || !model.supports_single_phase) {
        return PhaseUse::Multi;
    }
    return mode.pv_on_l2 && model.supports_pv_on_l2 ? PhaseUse::PvOnL2 : PhaseUse::Single;
}

PhaseMode default_phase_mode(const MeterConfig& meter) {
    return {meter.multiphase.value_or(true), false};
}

std::vector<RegisterRow> rows_for(const ModelRow& model, PhaseUse use) {
    std::vector<RegisterRow> rows;
    std::copy_if(model.rows.begin(), model.rows.end(), std::back_inserter(rows),
                 [&](const RegisterRow& row) { return is_read(model, use, row.quantity); });
    return rows;
}

PhaseReadings readings_of(const Reading& raw, const MeterSnapshot& snapshot, const MeterConfig& meter) {
    switch (snapshot.use) {
    case PhaseUse::Single:
        return single_phase(raw, snapshot.model, meter);
    case PhaseUse::PvOnL2:
        return pv_on_l2(raw, snapshot.has_phase_export, meter);
    case PhaseUse::Multi:
        break;
    }
    return multi_phase(raw, snapshot, meter);
}

} // namespace gridbridge
