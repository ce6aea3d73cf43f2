#include "drivers/modbus/sunspec/sunspec_map.hpp"

#include "drivers/modbus/sunspec/null_frame.hpp"
#include "drivers/waist/phase_quantities.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace gridbridge::sunspec {
namespace {

using namespace std::chrono_literals;
using enum Quantity;

constexpr int failures_allowed = 3; // then the connection is made anew

RegisterAddress moved(RegisterAddress offset, RegisterAddress base) {
    return static_cast<RegisterAddress>(number_of(offset) + number_of(base));
}

// The last offset that is needed for the row.
unsigned reach(const RegisterRow& row) {
    unsigned last = end_word(row) - 1;
    last = row.exponent ? std::max<unsigned>(last, number_of(*row.exponent)) : last;
    return row.zero_at ? std::max<unsigned>(last, number_of(row.zero_at->address)) : last;
}

void place(std::span<const RegisterRow> rows, const ChainModel& model, std::vector<RegisterRow>& placed) {
    const unsigned model_words = 2U + model.length;
    unsigned used = 0;
    for (const RegisterRow& row : rows) {
        used = reach(row) < model_words ? std::max(used, reach(row) + 1) : used;
    }
    const unsigned words = model_words <= max_read_words ? model_words : used;
    for (RegisterRow row : rows) {
        if (reach(row) >= model_words) {
            continue;
        }
        row.address = moved(row.address, model.address);
        row.with =
            AddressSpan{model.address, static_cast<RegisterAddress>(number_of(model.address) + words - 1)};
        if (row.exponent) {
            row.exponent = moved(*row.exponent, model.address);
        }
        if (row.zero_at) {
            row.zero_at->address = moved(row.zero_at->address, model.address);
        }
        placed.push_back(row);
    }
}

void fill(Reading& reading, Quantity absent, Quantity other) {
    if (!reading.has(absent)) {
        reading.set(absent, reading.get(other));
    }
}

void complete_one_phase(Reading& reading) {
    for (const Quantity total :
         {Power, Current, Voltage, ApparentPower, ReactivePower, PowerFactor, EnergyForward, EnergyReverse}) {
        fill(reading, of_phase(total, 1), total);
    }
    for (const Quantity total : {Power, EnergyForward, EnergyReverse}) {
        fill(reading, total, of_phase(total, 1));
    }
}

// The sum of signed phases is made later, where all are known.
void sign_total_current(Reading& reading, int phases) {
    bool all_known = true;
    for (int phase = 1; phase <= phases; ++phase) {
        all_known = all_known && reading.has(of_phase(Current, phase));
    }
    const auto amperes = reading.get(Current);
    if (all_known) {
        reading.clear(Current);
    } else if (amperes && reading.get(Power).value_or(0) < 0) {
        reading.set(Current, -std::abs(*amperes));
    }
}

// The device gives the current of all phases as that of the first, and none of the others (SMA).
bool has_current_of_all_in_first(const Reading& reading, int phases) {
    bool others = false;
    for (int phase = 2; phase <= phases; ++phase) {
        others = others || reading.has(of_phase(Current, phase));
    }
    return reading.has(CurrentL1) && !others && reading.get(CurrentL1) == reading.get(Current);
}

void split_power_evenly(Reading& reading, int phases) {
    for (int phase = 1; phase <= phases; ++phase) {
        reading.set(of_phase(Power, phase), reading.get(Power).value_or(0) / phases);
    }
    if (phases > 2) { // in split phase the same current flows in both
        reading.clear(CurrentL1);
    }
}

// Model 701 has phase powers, which some devices leave at 0.
bool has_phase_powers(const Reading& reading, int phases) {
    constexpr double rounding = 0.02;
    double sum = 0;
    for (int phase = 1; phase <= phases; ++phase) {
        const auto watts = reading.get(of_phase(Power, phase));
        if (!watts) {
            return false;
        }
        sum += *watts;
    }
    const double total = reading.get(Power).value_or(0);
    return std::abs(sum - total) <= std::max(phases + 1.0, rounding * std::abs(total));
}

void clear_phase_powers(Reading& reading) {
    for (const Quantity phase : phases_of(Power)) {
        reading.clear(phase);
    }
}

// By the apparent power of the phases, in equal parts while no current flows.
void spread_by_current(Reading& reading, int phases) {
    const double watts = reading.get(Power).value_or(0);
    std::array<double, 3> parts{};
    double sum = 0;
    for (int phase = 1; phase <= phases; ++phase) {
        const auto volts = reading.get(of_phase(Voltage, phase));
        const auto amperes = reading.get(of_phase(Current, phase));
        if (watts != 0 && !(volts && amperes)) {
            return;
        }
        const double part = volts.value_or(0) * amperes.value_or(0);
        parts.at(static_cast<std::size_t>(phase - 1)) = part;
        sum += part;
    }
    for (int phase = 1; phase <= phases; ++phase) {
        const double part = parts.at(static_cast<std::size_t>(phase - 1));
        reading.set(of_phase(Power, phase), sum > 0 ? watts * part / sum : watts / phases);
    }
}

void spread_power(Reading& reading, int phases) {
    if (reading.has(Power) && has_phase_powers(reading, phases)) {
        return;
    }
    clear_phase_powers(reading);
    if (reading.has(Power) && has_current_of_all_in_first(reading, phases)) {
        split_power_evenly(reading, phases);
    } else if (reading.has(Power)) {
        spread_by_current(reading, phases);
    }
}

} // namespace

std::vector<RegisterRow> rows_of(const ChainDevice& device) {
    std::vector<RegisterRow> rows;
    place(device.type->rows, device.measured, rows);
    if (device.rating) {
        place(std::span(&find_rating_model(device.rating->id)->row, 1), *device.rating, rows);
    }
    std::sort(rows.begin(), rows.end(), [](const RegisterRow& left, const RegisterRow& right) {
        return number_of(left.address) < number_of(right.address);
    });
    return rows;
}

ModelRow model_of(const ChainDevice& device) {
    const ChainModel& measured = device.measured;
    ModelRow model;
    model.key = "sunspec";
    model.name = "SunSpec";
    model.map = {measured.address, static_cast<RegisterAddress>(measured.end() - 1)};
    model.phases = 3; // the phases in use are in the identity; no use of a single phase is offered
    model.refresh_time = 1000ms;
    model.max_timeouts = failures_allowed;
    model.max_errors = failures_allowed;
    model.mark = MapMark{measured.address, {measured.id, measured.length}};
    model.complete = device.type->kind == ModelKind::Inverter ? complete_inverter : complete_meter;
    model.says_nothing = is_null_frame;
    return model;
}

void complete_inverter(Reading& reading, int phases) {
    if (phases == 1) {
        complete_one_phase(reading);
    } else {
        spread_power(reading, phases);
    }
    sign_total_current(reading, phases);
}

void complete_meter(Reading& reading, int phases) {
    if (phases == 1) {
        complete_one_phase(reading);
    }
    sign_total_current(reading, phases);
}

} // namespace gridbridge::sunspec
