// What a meter can measure. One enumeration and one table: name, unit and kind of every quantity.
// Every outlet (Venus paths, Home Assistant, Prometheus) is a table over this enumeration.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gridbridge {

enum class Quantity : std::uint8_t {
    Power,
    PowerL1,
    PowerL2,
    PowerL3,
    Current,
    CurrentL1,
    CurrentL2,
    CurrentL3,
    CurrentN,
    Voltage,
    VoltageL1,
    VoltageL2,
    VoltageL3,
    VoltageLineToLine,
    VoltageL1L2,
    VoltageL2L3,
    VoltageL3L1,
    ApparentPower,
    ApparentPowerL1,
    ApparentPowerL2,
    ApparentPowerL3,
    ReactivePower,
    ReactivePowerL1,
    ReactivePowerL2,
    ReactivePowerL3,
    PowerFactor,
    PowerFactorL1,
    PowerFactorL2,
    PowerFactorL3,
    Frequency,
    PowerDemand,
    PowerDemandMax,
    EnergyForward,
    EnergyForwardL1,
    EnergyForwardL2,
    EnergyForwardL3,
    EnergyReverse,
    EnergyReverseL1,
    EnergyReverseL2,
    EnergyReverseL3,
    EnergyForwardT1,
    EnergyForwardT2,
    EnergyForwardT3,
    EnergyForwardT4,
    EnergyReverseT1,
    EnergyReverseT2,
    EnergyReverseT3,
    EnergyReverseT4,
    ReactiveEnergyForward,
    ReactiveEnergyReverse,
    PhaseSequence,
    ActiveTariff,
    ReactiveEnergyQ1,
    ReactiveEnergyQ2,
    ReactiveEnergyQ3,
    ReactiveEnergyQ4,
    EnergyAbsolute,
    PowerFailures,
    LongPowerFailures,
    VoltageSagsL1,
    VoltageSagsL2,
    VoltageSagsL3,
    VoltageSwellsL1,
    VoltageSwellsL2,
    VoltageSwellsL3,
    PowerLimit,
    ApparentPowerLimit,
    CurrentLimit,
    FuseCurrent,
    Breaker,
    Relay1,
    Relay2,
    Relay3,
    Relay4,
    Volume,
    HeatEnergy,
    Valve,
    MaxPower,
    StatusCode,
    Temperature,
    HeadroomL1,
    HeadroomL2,
    HeadroomL3,
    EnergyNettingForward,
    EnergyNettingReverse,
    DemandEnergy,
    DemandForecast,
    DemandMonthPeak,
    DemandAlarm,
    Count
};

inline constexpr std::size_t quantity_count = static_cast<std::size_t>(Quantity::Count);

// Gauge: may go up and down. Counter: only ever rises. State: a small whole number.
enum class QuantityKind : std::uint8_t { Gauge, Counter, State };

struct QuantityRow {
    Quantity quantity;
    std::string_view name; // snake case, used in logs and by outlets
    std::string_view unit; // fixed here once; positive = import from the grid
    QuantityKind kind;
    double largest; // absolute value; what is beyond it was not measured
};

// Beyond what transformer meters of medium voltage show, and within what damaged digits make.
inline constexpr double largest_power = 1e9; // W, VA, var
inline constexpr double largest_current = 1e5;
inline constexpr double largest_voltage = 5e5;
inline constexpr double largest_frequency = 500;
inline constexpr double largest_factor = 1.01; // rounding included
inline constexpr double largest_count = 1e9;   // of any counter
inline constexpr double largest_state = 65535; // a register of 16 bits
inline constexpr double largest_temperature = 500;

// Row i describes Quantity i; checked below.
inline constexpr std::array<QuantityRow, quantity_count> quantity_table{{
    {Quantity::Power, "power", "W", QuantityKind::Gauge, largest_power},
    {Quantity::PowerL1, "power_l1", "W", QuantityKind::Gauge, largest_power},
    {Quantity::PowerL2, "power_l2", "W", QuantityKind::Gauge, largest_power},
    {Quantity::PowerL3, "power_l3", "W", QuantityKind::Gauge, largest_power},
    {Quantity::Current, "current", "A", QuantityKind::Gauge, largest_current},
    {Quantity::CurrentL1, "current_l1", "A", QuantityKind::Gauge, largest_current},
    {Quantity::CurrentL2, "current_l2", "A", QuantityKind::Gauge, largest_current},
    {Quantity::CurrentL3, "current_l3", "A", QuantityKind::Gauge, largest_current},
    {Quantity::CurrentN, "current_n", "A", QuantityKind::Gauge, largest_current},
    {Quantity::Voltage, "voltage", "V", QuantityKind::Gauge, largest_voltage},
    {Quantity::VoltageL1, "voltage_l1", "V", QuantityKind::Gauge, largest_voltage},
    {Quantity::VoltageL2, "voltage_l2", "V", QuantityKind::Gauge, largest_voltage},
    {Quantity::VoltageL3, "voltage_l3", "V", QuantityKind::Gauge, largest_voltage},
    {Quantity::VoltageLineToLine, "voltage_line_to_line", "V", QuantityKind::Gauge, largest_voltage},
    {Quantity::VoltageL1L2, "voltage_l1_l2", "V", QuantityKind::Gauge, largest_voltage},
    {Quantity::VoltageL2L3, "voltage_l2_l3", "V", QuantityKind::Gauge, largest_voltage},
    {Quantity::VoltageL3L1, "voltage_l3_l1", "V", QuantityKind::Gauge, largest_voltage},
    {Quantity::ApparentPower, "apparent_power", "VA", QuantityKind::Gauge, largest_power},
    {Quantity::ApparentPowerL1, "apparent_power_l1", "VA", QuantityKind::Gauge, largest_power},
    {Quantity::ApparentPowerL2, "apparent_power_l2", "VA", QuantityKind::Gauge, largest_power},
    {Quantity::ApparentPowerL3, "apparent_power_l3", "VA", QuantityKind::Gauge, largest_power},
    {Quantity::ReactivePower, "reactive_power", "var", QuantityKind::Gauge, largest_power},
    {Quantity::ReactivePowerL1, "reactive_power_l1", "var", QuantityKind::Gauge, largest_power},
    {Quantity::ReactivePowerL2, "reactive_power_l2", "var", QuantityKind::Gauge, largest_power},
    {Quantity::ReactivePowerL3, "reactive_power_l3", "var", QuantityKind::Gauge, largest_power},
    {Quantity::PowerFactor, "power_factor", "", QuantityKind::Gauge, largest_factor},
    {Quantity::PowerFactorL1, "power_factor_l1", "", QuantityKind::Gauge, largest_factor},
    {Quantity::PowerFactorL2, "power_factor_l2", "", QuantityKind::Gauge, largest_factor},
    {Quantity::PowerFactorL3, "power_factor_l3", "", QuantityKind::Gauge, largest_factor},
    {Quantity::Frequency, "frequency", "Hz", QuantityKind::Gauge, largest_frequency},
    {Quantity::PowerDemand, "power_demand", "W", QuantityKind::Gauge, largest_power},
    {Quantity::PowerDemandMax, "power_demand_max", "W", QuantityKind::Gauge, largest_power},
    {Quantity::EnergyForward, "energy_forward", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::EnergyForwardL1, "energy_forward_l1", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::EnergyForwardL2, "energy_forward_l2", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::EnergyForwardL3, "energy_forward_l3", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::EnergyReverse, "energy_reverse", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::EnergyReverseL1, "energy_reverse_l1", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::EnergyReverseL2, "energy_reverse_l2", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::EnergyReverseL3, "energy_reverse_l3", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::EnergyForwardT1, "energy_forward_t1", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::EnergyForwardT2, "energy_forward_t2", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::EnergyForwardT3, "energy_forward_t3", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::EnergyForwardT4, "energy_forward_t4", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::EnergyReverseT1, "energy_reverse_t1", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::EnergyReverseT2, "energy_reverse_t2", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::EnergyReverseT3, "energy_reverse_t3", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::EnergyReverseT4, "energy_reverse_t4", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::ReactiveEnergyForward, "reactive_energy_forward", "kvarh", QuantityKind::Counter,
     largest_count},
    {Quantity::ReactiveEnergyReverse, "reactive_energy_reverse", "kvarh", QuantityKind::Counter,
     largest_count},
    {Quantity::PhaseSequence, "phase_sequence", "", QuantityKind::State,
     largest_state}, // 0 L1-L2-L3, 1 reversed
    {Quantity::ActiveTariff, "active_tariff", "", QuantityKind::State, largest_state},
    {Quantity::ReactiveEnergyQ1, "reactive_energy_q1", "kvarh", QuantityKind::Counter, largest_count},
    {Quantity::ReactiveEnergyQ2, "reactive_energy_q2", "kvarh", QuantityKind::Counter, largest_count},
    {Quantity::ReactiveEnergyQ3, "reactive_energy_q3", "kvarh", QuantityKind::Counter, largest_count},
    {Quantity::ReactiveEnergyQ4, "reactive_energy_q4", "kvarh", QuantityKind::Counter, largest_count},
    {Quantity::EnergyAbsolute, "energy_absolute", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::PowerFailures, "power_failures", "", QuantityKind::Counter, largest_count},
    {Quantity::LongPowerFailures, "long_power_failures", "", QuantityKind::Counter, largest_count},
    {Quantity::VoltageSagsL1, "voltage_sags_l1", "", QuantityKind::Counter, largest_count},
    {Quantity::VoltageSagsL2, "voltage_sags_l2", "", QuantityKind::Counter, largest_count},
    {Quantity::VoltageSagsL3, "voltage_sags_l3", "", QuantityKind::Counter, largest_count},
    {Quantity::VoltageSwellsL1, "voltage_swells_l1", "", QuantityKind::Counter, largest_count},
    {Quantity::VoltageSwellsL2, "voltage_swells_l2", "", QuantityKind::Counter, largest_count},
    {Quantity::VoltageSwellsL3, "voltage_swells_l3", "", QuantityKind::Counter, largest_count},
    {Quantity::PowerLimit, "power_limit", "W", QuantityKind::Gauge, largest_power},
    {Quantity::ApparentPowerLimit, "apparent_power_limit", "VA", QuantityKind::Gauge, largest_power},
    {Quantity::CurrentLimit, "current_limit", "A", QuantityKind::Gauge, largest_current},
    {Quantity::FuseCurrent, "fuse_current", "A", QuantityKind::Gauge, largest_current},
    {Quantity::Breaker, "breaker", "", QuantityKind::State,
     largest_state}, // 0 off, 1 on, 2 ready to be switched on
    {Quantity::Relay1, "relay_1", "", QuantityKind::State, largest_state},
    {Quantity::Relay2, "relay_2", "", QuantityKind::State, largest_state},
    {Quantity::Relay3, "relay_3", "", QuantityKind::State, largest_state},
    {Quantity::Relay4, "relay_4", "", QuantityKind::State, largest_state},
    {Quantity::Volume, "volume", "m3", QuantityKind::Counter, largest_count},           // gas, water
    {Quantity::HeatEnergy, "heat_energy", "kWh", QuantityKind::Counter, largest_count}, // heat or cold
    {Quantity::Valve, "valve", "", QuantityKind::State, largest_state}, // 0 closed, 1 open, 2 released
    {Quantity::MaxPower, "max_power", "W", QuantityKind::Gauge, largest_power}, // rating of an inverter
    // Of an inverter, as Venus numbers it: 0..6 startup, 7 running, 8 standby, 9 boot loading, 10 error.
    {Quantity::StatusCode, "status_code", "", QuantityKind::State, largest_state},
    {Quantity::Temperature, "temperature", "°C", QuantityKind::Gauge,
     largest_temperature}, // inside the meter
    // Of the fuse, as configured: negative is above it.
    {Quantity::HeadroomL1, "headroom_l1", "A", QuantityKind::Gauge, largest_current},
    {Quantity::HeadroomL2, "headroom_l2", "A", QuantityKind::Gauge, largest_current},
    {Quantity::HeadroomL3, "headroom_l3", "A", QuantityKind::Gauge, largest_current},
    // Formed of power and time, netted over the phases.
    {Quantity::EnergyNettingForward, "energy_netting_forward", "kWh", QuantityKind::Counter, largest_count},
    {Quantity::EnergyNettingReverse, "energy_netting_reverse", "kWh", QuantityKind::Counter, largest_count},
    // Of the running interval of the limits, import: see drivers/demand.
    {Quantity::DemandEnergy, "demand_energy", "kWh", QuantityKind::Gauge, largest_count},
    {Quantity::DemandForecast, "demand_forecast", "W", QuantityKind::Gauge, largest_power},
    {Quantity::DemandMonthPeak, "demand_month_peak", "W", QuantityKind::Gauge, largest_power},
    {Quantity::DemandAlarm, "demand_alarm", "", QuantityKind::State,
     largest_state}, // 0 ok, 1 will be above the limit, 2 is above it
}};

constexpr std::size_t index_of(Quantity q) {
    return static_cast<std::size_t>(q);
}

constexpr bool quantity_table_is_complete() {
    for (std::size_t i = 0; i < quantity_count; ++i) {
        if (index_of(quantity_table[i].quantity) != i || quantity_table[i].name.empty() ||
            quantity_table[i].largest <= 0) {
            return false;
        }
    }
    return true;
}
static_assert(quantity_table_is_complete(), "row i of quantity_table describes Quantity i");

// The same quantity of phase 1, 2 or 3. Per-phase rows follow their total in the enumeration.
constexpr Quantity of_phase(Quantity total, int phase) {
    return static_cast<Quantity>(static_cast<int>(total) + phase);
}
static_assert(of_phase(Quantity::Power, 3) == Quantity::PowerL3);
static_assert(of_phase(Quantity::Current, 3) == Quantity::CurrentL3);
static_assert(of_phase(Quantity::Voltage, 3) == Quantity::VoltageL3);
static_assert(of_phase(Quantity::PowerFactor, 3) == Quantity::PowerFactorL3);
static_assert(of_phase(Quantity::EnergyForward, 3) == Quantity::EnergyForwardL3);
static_assert(of_phase(Quantity::EnergyReverse, 3) == Quantity::EnergyReverseL3);

} // namespace gridbridge
