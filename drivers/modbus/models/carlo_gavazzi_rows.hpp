// Rows that several Carlo Gavazzi maps have in common, and how a table is put together from them.
#pragma once

#include "drivers/modbus/map/register_map.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace gridbridge::carlo_gavazzi {

template <std::size_t... sizes>
constexpr auto join(const std::array<RegisterRow, sizes>&... parts) {
    std::array<RegisterRow, (sizes + ...)> rows{};
    std::size_t at = 0;
    (...,
     (std::copy(parts.begin(), parts.end(), rows.begin() + static_cast<std::ptrdiff_t>(at)), at += sizes));
    return rows;
}

// The same rows, those that lie in `span` read every cycle.
template <std::size_t size>
constexpr auto fast(std::array<RegisterRow, size> rows, AddressSpan span) {
    for (RegisterRow& row : rows) {
        if (number_of(span.first) <= first_word(row) && end_word(row) <= number_of(span.last) + 1U) {
            row.pace = Pace::Fast;
        }
    }
    return rows;
}

// The same rows with another "no value" marker of the 32-bit ones.
template <std::size_t size>
constexpr auto marked(std::array<RegisterRow, size> rows, NoValue no_value) {
    for (RegisterRow& row : rows) {
        if (row.no_value == NoValue::Int32Max) {
            row.no_value = no_value;
        }
    }
    return rows;
}

constexpr RegisterRow int32(RegisterAddress address, Quantity quantity, double divisor = 10) {
    return {address, quantity, Encoding::Int32LowFirst, divisor, Pace::Slow, NoValue::Int32Max};
}
// An export counter: some meters send it negative.
constexpr RegisterRow export32(RegisterAddress address, Quantity quantity, bool optional = false) {
    return {address, quantity, Encoding::Int32LowFirst, 10, Pace::Slow, NoValue::Int32Max, optional, true};
}
constexpr RegisterRow power_factor(RegisterAddress address, Quantity quantity) {
    return {address, quantity, Encoding::Int16, 1000, Pace::Slow, NoValue::Int16Max};
}
constexpr RegisterRow frequency(RegisterAddress address) {
    return {address, Quantity::Frequency, Encoding::Uint16, 10, Pace::Slow, NoValue::Uint16Max};
}

// 0x0000-0x002D are the same in every map of a three-phase meter.
inline constexpr std::array phase_voltages{
    int32(0x0000_reg, Quantity::VoltageL1),
    int32(0x0002_reg, Quantity::VoltageL2),
    int32(0x0004_reg, Quantity::VoltageL3),
};
inline constexpr std::array line_voltages{
    int32(0x0006_reg, Quantity::VoltageL1L2),
    int32(0x0008_reg, Quantity::VoltageL2L3),
    int32(0x000A_reg, Quantity::VoltageL3L1),
};
inline constexpr std::array phase_currents_and_power{
    int32(0x000C_reg, Quantity::CurrentL1, 1000), int32(0x000E_reg, Quantity::CurrentL2, 1000),
    int32(0x0010_reg, Quantity::CurrentL3, 1000), int32(0x0012_reg, Quantity::PowerL1),
    int32(0x0014_reg, Quantity::PowerL2),         int32(0x0016_reg, Quantity::PowerL3),
};
inline constexpr std::array phase_apparent_power{
    int32(0x0018_reg, Quantity::ApparentPowerL1),
    int32(0x001A_reg, Quantity::ApparentPowerL2),
    int32(0x001C_reg, Quantity::ApparentPowerL3),
};
inline constexpr std::array phase_reactive_power{
    int32(0x001E_reg, Quantity::ReactivePowerL1),
    int32(0x0020_reg, Quantity::ReactivePowerL2),
    int32(0x0022_reg, Quantity::ReactivePowerL3),
};
inline constexpr std::array system_voltage{int32(0x0024_reg, Quantity::Voltage)};
inline constexpr std::array system_line_voltage{int32(0x0026_reg, Quantity::VoltageLineToLine)};
inline constexpr std::array system_power{int32(0x0028_reg, Quantity::Power)};
inline constexpr std::array system_apparent_power{int32(0x002A_reg, Quantity::ApparentPower)};
inline constexpr std::array system_reactive_power{int32(0x002C_reg, Quantity::ReactivePower)};
inline constexpr auto three_phase_values =
    join(phase_voltages, line_voltages, phase_currents_and_power, phase_apparent_power, phase_reactive_power,
         system_voltage, system_line_voltage, system_power, system_apparent_power, system_reactive_power);

// From here on the EM24 and the younger maps part. Power factor: negative is export (not so on the EM24).
inline constexpr std::array power_factors{
    power_factor(0x002E_reg, Quantity::PowerFactorL1),
    power_factor(0x002F_reg, Quantity::PowerFactorL2),
    power_factor(0x0030_reg, Quantity::PowerFactorL3),
    power_factor(0x0031_reg, Quantity::PowerFactor),
};
inline constexpr std::array phase_sequence{
    RegisterRow{0x0032_reg, Quantity::PhaseSequence, Encoding::PhaseOrder},
};
inline constexpr std::array grid_frequency{frequency(0x0033_reg)};

// EM300 and EM24 Ethernet.
inline constexpr std::array import_total{int32(0x0034_reg, Quantity::EnergyForward)};
inline constexpr std::array demand_and_phase_import{
    int32(0x0036_reg, Quantity::ReactiveEnergyForward), int32(0x0038_reg, Quantity::PowerDemand),
    int32(0x003A_reg, Quantity::PowerDemandMax),        int32(0x0040_reg, Quantity::EnergyForwardL1),
    int32(0x0042_reg, Quantity::EnergyForwardL2),       int32(0x0044_reg, Quantity::EnergyForwardL3),
};
inline constexpr auto import_and_demand = join(import_total, demand_and_phase_import);
inline constexpr std::array export_total{export32(0x004E_reg, Quantity::EnergyReverse)};

// EM530, EM540 and EM580: counters in Wh, which not every firmware has.
constexpr RegisterRow watt_hours(RegisterAddress address, Quantity quantity, bool is_export = false) {
    return {address, quantity, Encoding::Int64LowFirst, 1000, Pace::Slow, NoValue::Never, true, is_export};
}
inline constexpr std::array import_wh{watt_hours(0x0500_reg, Quantity::EnergyForward)};
inline constexpr std::array phase_import_and_export_wh{
    watt_hours(0x0510_reg, Quantity::EnergyForwardL1),
    watt_hours(0x0514_reg, Quantity::EnergyForwardL2),
    watt_hours(0x0518_reg, Quantity::EnergyForwardL3),
    watt_hours(0x051C_reg, Quantity::EnergyReverse, true),
};
// The same in 0.1 kWh.
inline constexpr std::array energy_fallbacks{
    int32(0x0034_reg, Quantity::EnergyForward),
    int32(0x0036_reg, Quantity::ReactiveEnergyForward),
    int32(0x0040_reg, Quantity::EnergyForwardL1),
    int32(0x0042_reg, Quantity::EnergyForwardL2),
    int32(0x0044_reg, Quantity::EnergyForwardL3),
    export32(0x004E_reg, Quantity::EnergyReverse),
    export32(0x0050_reg, Quantity::ReactiveEnergyReverse),
};

} // namespace gridbridge::carlo_gavazzi
