// What the phases of a meter are used for: which registers are read then, and whose values they are. Pure.
// Source of the rules: dbus-cgwacs (settings IsMultiphase and Enabled of the second service).
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/modbus/map/register_map.hpp"
#include "drivers/waist/orders.hpp"
#include "drivers/waist/reading.hpp"

#include <optional>
#include <vector>

namespace gridbridge {

// By what the model can do; a meter of one phase is always PhaseUse::Single.
PhaseUse phase_use_of(const ModelRow& model, const PhaseMode& mode);

// The mode when no client has chosen one.
PhaseMode default_phase_mode(const MeterConfig& meter);

// The rows needed for the use, sorted by address as in the model.
std::vector<RegisterRow> rows_for(const ModelRow& model, PhaseUse use);

struct MeterSnapshot {
    const ModelRow& model;
    PhaseUse use{};
    int phases = 3;                // 1..3 that are measured, with PhaseUse::Multi
    bool has_phase_export = false; // the meter has a working export counter per phase
};

struct PhaseReadings {
    Reading meter;
    std::optional<Reading> second; // phase 2, with PhaseUse::PvOnL2
};

// From what was decoded to what is delivered: options of the user, totals, derived values. `phases` of the
// configuration (order of wiring) does not apply to PhaseUse::PvOnL2.
PhaseReadings readings_of(const Reading& raw, const MeterSnapshot& snapshot, const MeterConfig& meter);

} // namespace gridbridge
