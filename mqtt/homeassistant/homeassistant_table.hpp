// How each quantity appears in Home Assistant (device classes and units of its sensor integration).
#pragma once

#include "drivers/waist/quantity.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace gridbridge {

// Measurement and Total: sensors of that state class. Flag: a binary sensor, on while the value is 1. Choice:
// an enum sensor, `options` names the values from `first_option` up.
enum class EntityKind : std::uint8_t { Measurement, Total, Flag, Choice };

struct EntityRow {
    Quantity quantity;
    EntityKind kind;
    std::string_view name;         // English; never the device's name
    std::string_view device_class; // empty: none
    std::string_view unit;         // empty: none
    int precision = -1;            // decimals shown; -1: Home Assistant's choice
    bool diagnostic = false;
    std::span<const std::string_view> options{};
    int first_option = 0;
    bool rare = false; // few people look at it: disabled until somebody enables it
};

namespace entity {

inline constexpr std::array<std::string_view, 2> off_on{"off", "on"};
inline constexpr std::array<std::string_view, 3> breaker{"off", "on", "ready"};
inline constexpr std::array<std::string_view, 3> alarm{"ok", "warning", "exceeded"};
inline constexpr std::array<std::string_view, 3> valve{"closed", "open", "released"};
inline constexpr std::array<std::string_view, 11> inverter_status{
    "startup 0", "startup 1", "startup 2", "startup 3",    "startup 4", "startup 5",
    "startup 6", "running",   "standby",   "boot loading", "error"};
inline constexpr std::array<std::string_view, 4> tariffs{"T1", "T2", "T3", "T4"};

constexpr EntityRow measured(Quantity quantity, std::string_view name, std::string_view device_class,
                             std::string_view unit, int precision) {
    return {quantity, EntityKind::Measurement, name, device_class, unit, precision};
}
constexpr EntityRow diagnostic(EntityRow row) {
    row.diagnostic = true;
    return row;
}
constexpr EntityRow rare(EntityRow row) {
    row.rare = true;
    return row;
}
constexpr EntityRow counted(Quantity quantity, std::string_view name, std::string_view device_class,
                            std::string_view unit) {
    return {quantity, EntityKind::Total, name, device_class, unit, 3};
}
constexpr EntityRow flagged(Quantity quantity, std::string_view name, std::string_view device_class) {
    return {quantity, EntityKind::Flag, name, device_class, {}};
}
constexpr EntityRow chosen(Quantity quantity, std::string_view name,
                           std::span<const std::string_view> options, int first_option) {
    return {quantity, EntityKind::Choice, name, "enum", {}, -1, false, options, first_option};
}

} // namespace entity

// In the order of the device page. "import" and "export" in a name become what they are for the meter's role.
inline constexpr std::array<EntityRow, quantity_count> entity_table{{
    entity::measured(Quantity::Power, "Power", "power", "W", 0),
    entity::measured(Quantity::PowerL1, "Power L1", "power", "W", 0),
    entity::measured(Quantity::PowerL2, "Power L2", "power", "W", 0),
    entity::measured(Quantity::PowerL3, "Power L3", "power", "W", 0),
    entity::measured(Quantity::Current, "Current", "current", "A", 2),
    entity::measured(Quantity::CurrentL1, "Current L1", "current", "A", 2),
    entity::measured(Quantity::CurrentL2, "Current L2", "current", "A", 2),
    entity::measured(Quantity::CurrentL3, "Current L3", "current", "A", 2),
    entity::rare(entity::measured(Quantity::CurrentN, "Current N", "current", "A", 2)),
    entity::rare(entity::measured(Quantity::Voltage, "Voltage", "voltage", "V", 1)),
    entity::measured(Quantity::VoltageL1, "Voltage L1", "voltage", "V", 1),
    entity::measured(Quantity::VoltageL2, "Voltage L2", "voltage", "V", 1),
    entity::measured(Quantity::VoltageL3, "Voltage L3", "voltage", "V", 1),
    entity::rare(entity::measured(Quantity::VoltageLineToLine, "Voltage line to line", "voltage", "V", 1)),
    entity::rare(entity::measured(Quantity::VoltageL1L2, "Voltage L1-L2", "voltage", "V", 1)),
    entity::rare(entity::measured(Quantity::VoltageL2L3, "Voltage L2-L3", "voltage", "V", 1)),
    entity::rare(entity::measured(Quantity::VoltageL3L1, "Voltage L3-L1", "voltage", "V", 1)),
    entity::rare(entity::measured(Quantity::ApparentPower, "Apparent power", "apparent_power", "VA", 0)),
    entity::rare(entity::measured(Quantity::ApparentPowerL1, "Apparent power L1", "apparent_power", "VA", 0)),
    entity::rare(entity::measured(Quantity::ApparentPowerL2, "Apparent power L2", "apparent_power", "VA", 0)),
    entity::rare(entity::measured(Quantity::ApparentPowerL3, "Apparent power L3", "apparent_power", "VA", 0)),
    entity::rare(entity::measured(Quantity::ReactivePower, "Reactive power", "reactive_power", "var", 0)),
    entity::rare(
        entity::measured(Quantity::ReactivePowerL1, "Reactive power L1", "reactive_power", "var", 0)),
    entity::rare(
        entity::measured(Quantity::ReactivePowerL2, "Reactive power L2", "reactive_power", "var", 0)),
    entity::rare(
        entity::measured(Quantity::ReactivePowerL3, "Reactive power L3", "reactive_power", "var", 0)),
    entity::measured(Quantity::PowerFactor, "Power factor", "power_factor", "", 2),
    entity::rare(entity::measured(Quantity::PowerFactorL1, "Power factor L1", "power_factor", "", 2)),
    entity::rare(entity::measured(Quantity::PowerFactorL2, "Power factor L2", "power_factor", "", 2)),
    entity::rare(entity::measured(Quantity::PowerFactorL3, "Power factor L3", "power_factor", "", 2)),
    entity::diagnostic(entity::measured(Quantity::Frequency, "Frequency", "frequency", "Hz", 2)),
    entity::measured(Quantity::PowerDemand, "Power demand", "power", "W", 0),
    entity::measured(Quantity::PowerDemandMax, "Power demand maximum", "power", "W", 0),
    entity::counted(Quantity::EnergyForward, "Energy import", "energy", "kWh"),
    entity::rare(entity::counted(Quantity::EnergyForwardL1, "Energy import L1", "energy", "kWh")),
    entity::rare(entity::counted(Quantity::EnergyForwardL2, "Energy import L2", "energy", "kWh")),
    entity::rare(entity::counted(Quantity::EnergyForwardL3, "Energy import L3", "energy", "kWh")),
    entity::counted(Quantity::EnergyReverse, "Energy export", "energy", "kWh"),
    entity::rare(entity::counted(Quantity::EnergyReverseL1, "Energy export L1", "energy", "kWh")),
    entity::rare(entity::counted(Quantity::EnergyReverseL2, "Energy export L2", "energy", "kWh")),
    entity::rare(entity::counted(Quantity::EnergyReverseL3, "Energy export L3", "energy", "kWh")),
    entity::counted(Quantity::EnergyForwardT1, "Energy import T1", "energy", "kWh"),
    entity::counted(Quantity::EnergyForwardT2, "Energy import T2", "energy", "kWh"),
    entity::counted(Quantity::EnergyForwardT3, "Energy import T3", "energy", "kWh"),
    entity::counted(Quantity::EnergyForwardT4, "Energy import T4", "energy", "kWh"),
    entity::counted(Quantity::EnergyReverseT1, "Energy export T1", "energy", "kWh"),
    entity::counted(Quantity::EnergyReverseT2, "Energy export T2", "energy", "kWh"),
    entity::counted(Quantity::EnergyReverseT3, "Energy export T3", "energy", "kWh"),
    entity::counted(Quantity::EnergyReverseT4, "Energy export T4", "energy", "kWh"),
    // Without a class: releases before 2025.6 do not know that of reactive energy and refuse the entity.
    entity::rare(entity::counted(Quantity::ReactiveEnergyForward, "Reactive energy import", "", "kvarh")),
    entity::rare(entity::counted(Quantity::ReactiveEnergyReverse, "Reactive energy export", "", "kvarh")),
    entity::flagged(Quantity::PhaseSequence, "Phase sequence", "problem"),
    entity::chosen(Quantity::ActiveTariff, "Active tariff", entity::tariffs, 1),
    entity::rare(entity::counted(Quantity::ReactiveEnergyQ1, "Reactive energy Q1", "", "kvarh")),
    entity::rare(entity::counted(Quantity::ReactiveEnergyQ2, "Reactive energy Q2", "", "kvarh")),
    entity::rare(entity::counted(Quantity::ReactiveEnergyQ3, "Reactive energy Q3", "", "kvarh")),
    entity::rare(entity::counted(Quantity::ReactiveEnergyQ4, "Reactive energy Q4", "", "kvarh")),
    entity::rare(entity::counted(Quantity::EnergyAbsolute, "Energy absolute", "energy", "kWh")),
    entity::rare(entity::diagnostic(entity::counted(Quantity::PowerFailures, "Power failures", "", ""))),
    entity::rare(
        entity::diagnostic(entity::counted(Quantity::LongPowerFailures, "Long power failures", "", ""))),
    entity::rare(entity::diagnostic(entity::counted(Quantity::VoltageSagsL1, "Voltage sags L1", "", ""))),
    entity::rare(entity::diagnostic(entity::counted(Quantity::VoltageSagsL2, "Voltage sags L2", "", ""))),
    entity::rare(entity::diagnostic(entity::counted(Quantity::VoltageSagsL3, "Voltage sags L3", "", ""))),
    entity::rare(entity::diagnostic(entity::counted(Quantity::VoltageSwellsL1, "Voltage swells L1", "", ""))),
    entity::rare(entity::diagnostic(entity::counted(Quantity::VoltageSwellsL2, "Voltage swells L2", "", ""))),
    entity::rare(entity::diagnostic(entity::counted(Quantity::VoltageSwellsL3, "Voltage swells L3", "", ""))),
    entity::rare(entity::diagnostic(entity::measured(Quantity::PowerLimit, "Power limit", "power", "W", 0))),
    entity::rare(entity::diagnostic(
        entity::measured(Quantity::ApparentPowerLimit, "Apparent power limit", "apparent_power", "VA", 0))),
    entity::rare(
        entity::diagnostic(entity::measured(Quantity::CurrentLimit, "Current limit", "current", "A", 2))),
    entity::rare(
        entity::diagnostic(entity::measured(Quantity::FuseCurrent, "Fuse current", "current", "A", 2))),
    entity::diagnostic(entity::chosen(Quantity::Breaker, "Breaker", entity::breaker, 0)),
    entity::diagnostic(entity::chosen(Quantity::Relay1, "Relay 1", entity::off_on, 0)),
    entity::diagnostic(entity::chosen(Quantity::Relay2, "Relay 2", entity::off_on, 0)),
    entity::diagnostic(entity::chosen(Quantity::Relay3, "Relay 3", entity::off_on, 0)),
    entity::diagnostic(entity::chosen(Quantity::Relay4, "Relay 4", entity::off_on, 0)),
    entity::counted(Quantity::Volume, "Volume", "volume", "m³"),
    entity::counted(Quantity::HeatEnergy, "Heat", "energy", "kWh"),
    entity::diagnostic(entity::chosen(Quantity::Valve, "Valve", entity::valve, 0)),
    entity::rare(entity::diagnostic(entity::measured(Quantity::MaxPower, "Maximum power", "power", "W", 0))),
    entity::diagnostic(entity::chosen(Quantity::StatusCode, "Status", entity::inverter_status, 0)),
    entity::diagnostic(entity::measured(Quantity::Temperature, "Temperature", "temperature", "°C", 1)),
    entity::measured(Quantity::HeadroomL1, "Fuse headroom L1", "current", "A", 1),
    entity::measured(Quantity::HeadroomL2, "Fuse headroom L2", "current", "A", 1),
    entity::measured(Quantity::HeadroomL3, "Fuse headroom L3", "current", "A", 1),
    entity::counted(Quantity::EnergyNettingForward, "Energy import netted", "energy", "kWh"),
    entity::counted(Quantity::EnergyNettingReverse, "Energy export netted", "energy", "kWh"),
    entity::counted(Quantity::DemandEnergy, "Demand energy", "energy",
                    "kWh"), // total_increasing may begin anew
    entity::measured(Quantity::DemandForecast, "Demand forecast", "power", "W", 0),
    entity::measured(Quantity::DemandMonthPeak, "Demand month peak", "power", "W", 0),
    entity::chosen(Quantity::DemandAlarm, "Demand alarm", entity::alarm, 0),
}};

// Every quantity once, in the unit it is published in.
constexpr bool entity_table_is_complete() {
    std::array<bool, quantity_count> seen{};
    for (const EntityRow& row : entity_table) {
        const std::size_t index = index_of(row.quantity);
        const std::string_view unit = quantity_table[index].unit;
        const bool same_unit = row.unit == unit || (row.unit == "m³" && unit == "m3");
        if (row.name.empty() || seen[index] || !same_unit) {
            return false;
        }
        seen[index] = true;
    }
    for (const bool one : seen) {
        if (!one) {
            return false;
        }
    }
    return true;
}
static_assert(entity_table_is_complete(), "every quantity has exactly one Home Assistant entity");

} // namespace gridbridge
