// What each quantity is called in Prometheus (its naming rules: base units, `_total` for counters only).
#pragma once

#include "drivers/waist/quantity.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace gridbridge {

// One metric; its name begins with `gridbridge_meter_`.
struct MetricFamily {
    std::string_view name;
    std::string_view help;
    double factor; // from the unit of quantity_table
    int decimals;
};

namespace metric {
inline constexpr MetricFamily power{"power_watts",
                                    "Active power, positive is import; without phase: the total", 1, 2};
inline constexpr MetricFamily current{"current_amperes", "Current, of phases signed like the power", 1, 3};
inline constexpr MetricFamily voltage{"voltage_volts", "Voltage to neutral", 1, 2};
inline constexpr MetricFamily line_voltage{"voltage_line_to_line_volts", "Voltage between two phases", 1, 2};
inline constexpr MetricFamily apparent_power{"apparent_power_voltamperes", "Apparent power", 1, 2};
inline constexpr MetricFamily reactive_power{"reactive_power_vars", "Reactive power", 1, 2};
inline constexpr MetricFamily power_factor{"power_factor_ratio", "Power factor, negative is export", 1, 3};
inline constexpr MetricFamily frequency{"frequency_hertz", "Mains frequency", 1, 3};
inline constexpr MetricFamily power_demand{"power_demand_watts", "Average power of the running demand period",
                                           1, 2};
inline constexpr MetricFamily power_demand_max{"power_demand_max_watts",
                                               "Highest average power of a demand period", 1, 2};
inline constexpr MetricFamily energy_import{"energy_import_watthours_total",
                                            "Imported energy; without phase: the total", 1000, 0};
inline constexpr MetricFamily energy_export{"energy_export_watthours_total",
                                            "Exported energy; without phase: the total", 1000, 0};
inline constexpr MetricFamily tariff_import{"energy_tariff_import_watthours_total",
                                            "Imported energy by tariff register", 1000, 0};
inline constexpr MetricFamily tariff_export{"energy_tariff_export_watthours_total",
                                            "Exported energy by tariff register", 1000, 0};
inline constexpr MetricFamily reactive_import{"reactive_energy_import_varhours_total",
                                              "Imported reactive energy", 1000, 0};
inline constexpr MetricFamily reactive_export{"reactive_energy_export_varhours_total",
                                              "Exported reactive energy", 1000, 0};
inline constexpr MetricFamily phase_sequence{"phase_sequence_reversed",
                                             "Phase sequence: 0 L1-L2-L3, 1 reversed", 1, 0};
inline constexpr MetricFamily active_tariff{"active_tariff", "Active tariff as the meter numbers it", 1, 0};
inline constexpr MetricFamily reactive_quadrant{"reactive_energy_quadrant_varhours_total",
                                                "Reactive energy by quadrant", 1000, 0};
inline constexpr MetricFamily energy_absolute{"energy_absolute_watthours_total",
                                              "Energy of both directions together", 1000, 0};
inline constexpr MetricFamily power_failures{"power_failures_total", "Power failures the meter counted", 1,
                                             0};
inline constexpr MetricFamily long_power_failures{"long_power_failures_total",
                                                  "Long power failures the meter counted", 1, 0};
inline constexpr MetricFamily voltage_sags{"voltage_sags_total", "Voltage sags the meter counted", 1, 0};
inline constexpr MetricFamily voltage_swells{"voltage_swells_total", "Voltage swells the meter counted", 1,
                                             0};
inline constexpr MetricFamily power_limit{"power_limit_watts", "Power the connection is limited to", 1, 2};
inline constexpr MetricFamily apparent_power_limit{"apparent_power_limit_voltamperes",
                                                   "Apparent power the connection is limited to", 1, 2};
inline constexpr MetricFamily current_limit{"current_limit_amperes", "Current the connection is limited to",
                                            1, 3};
inline constexpr MetricFamily fuse{"fuse_current_amperes", "Current of the fuse threshold", 1, 3};
inline constexpr MetricFamily breaker{"breaker_state", "Breaker: 0 off, 1 on, 2 ready to be switched on", 1,
                                      0};
inline constexpr MetricFamily relay{"relay_state", "State of a relay", 1, 0};
inline constexpr MetricFamily volume{"volume_cubic_meters_total", "Gas or water", 1, 3};
inline constexpr MetricFamily heat{"heat_energy_watthours_total", "Heat or cold", 1000, 0};
inline constexpr MetricFamily valve{"valve_state", "Valve: 0 closed, 1 open, 2 released", 1, 0};
inline constexpr MetricFamily max_power{"max_power_watts", "Rated power of an inverter", 1, 2};
inline constexpr MetricFamily status_code{
    "status_code", "Inverter: 0 to 6 startup, 7 running, 8 standby, 9 boot loading, 10 error", 1, 0};
inline constexpr MetricFamily temperature{"temperature_celsius", "Temperature inside the meter", 1, 1};
inline constexpr MetricFamily headroom{"fuse_headroom_amperes",
                                       "Current left below the configured fuse, negative is above it", 1, 2};
inline constexpr MetricFamily netted_import{"energy_netted_import_watthours_total",
                                            "Active energy drawn, netted over the phases", 1000, 0};
inline constexpr MetricFamily netted_export{"energy_netted_export_watthours_total",
                                            "Active energy fed in, netted over the phases", 1000, 0};
inline constexpr MetricFamily demand_energy{"demand_energy_watthours",
                                            "Imported energy of the running interval", 1000, 0};
inline constexpr MetricFamily demand_forecast{"demand_forecast_watts",
                                              "Mean power expected at the end of the running interval", 1, 0};
inline constexpr MetricFamily demand_month_peak{"demand_month_peak_watts",
                                                "Highest mean power of an interval of this month", 1, 0};
inline constexpr MetricFamily demand_alarm{
    "demand_alarm", "Running interval: 0 ok, 1 will end above the limit, 2 is above it", 1, 0};
} // namespace metric

struct MetricRow {
    Quantity quantity;
    const MetricFamily* family;
    std::string_view label; // beside serial and role; empty: none
    std::string_view value;
};

// Rows of one family stand together: the format asks for it.
inline constexpr std::array<MetricRow, quantity_count> metrics_table{{
    {Quantity::Power, &metric::power, "", ""},
    {Quantity::PowerL1, &metric::power, "phase", "L1"},
    {Quantity::PowerL2, &metric::power, "phase", "L2"},
    {Quantity::PowerL3, &metric::power, "phase", "L3"},
    {Quantity::Current, &metric::current, "", ""},
    {Quantity::CurrentL1, &metric::current, "phase", "L1"},
    {Quantity::CurrentL2, &metric::current, "phase", "L2"},
    {Quantity::CurrentL3, &metric::current, "phase", "L3"},
    {Quantity::CurrentN, &metric::current, "phase", "N"},
    {Quantity::Voltage, &metric::voltage, "", ""},
    {Quantity::VoltageL1, &metric::voltage, "phase", "L1"},
    {Quantity::VoltageL2, &metric::voltage, "phase", "L2"},
    {Quantity::VoltageL3, &metric::voltage, "phase", "L3"},
    {Quantity::VoltageLineToLine, &metric::line_voltage, "", ""},
    {Quantity::VoltageL1L2, &metric::line_voltage, "phase", "L1-L2"},
    {Quantity::VoltageL2L3, &metric::line_voltage, "phase", "L2-L3"},
    {Quantity::VoltageL3L1, &metric::line_voltage, "phase", "L3-L1"},
    {Quantity::ApparentPower, &metric::apparent_power, "", ""},
    {Quantity::ApparentPowerL1, &metric::apparent_power, "phase", "L1"},
    {Quantity::ApparentPowerL2, &metric::apparent_power, "phase", "L2"},
    {Quantity::ApparentPowerL3, &metric::apparent_power, "phase", "L3"},
    {Quantity::ReactivePower, &metric::reactive_power, "", ""},
    {Quantity::ReactivePowerL1, &metric::reactive_power, "phase", "L1"},
    {Quantity::ReactivePowerL2, &metric::reactive_power, "phase", "L2"},
    {Quantity::ReactivePowerL3, &metric::reactive_power, "phase", "L3"},
    {Quantity::PowerFactor, &metric::power_factor, "", ""},
    {Quantity::PowerFactorL1, &metric::power_factor, "phase", "L1"},
    {Quantity::PowerFactorL2, &metric::power_factor, "phase", "L2"},
    {Quantity::PowerFactorL3, &metric::power_factor, "phase", "L3"},
    {Quantity::Frequency, &metric::frequency, "", ""},
    {Quantity::PowerDemand, &metric::power_demand, "", ""},
    {Quantity::PowerDemandMax, &metric::power_demand_max, "", ""},
    {Quantity::EnergyForward, &metric::energy_import, "", ""},
    {Quantity::EnergyForwardL1, &metric::energy_import, "phase", "L1"},
    {Quantity::EnergyForwardL2, &metric::energy_import, "phase", "L2"},
    {Quantity::EnergyForwardL3, &metric::energy_import, "phase", "L3"},
    {Quantity::EnergyReverse, &metric::energy_export, "", ""},
    {Quantity::EnergyReverseL1, &metric::energy_export, "phase", "L1"},
    {Quantity::EnergyReverseL2, &metric::energy_export, "phase", "L2"},
    {Quantity::EnergyReverseL3, &metric::energy_export, "phase", "L3"},
    {Quantity::EnergyForwardT1, &metric::tariff_import, "tariff", "1"},
    {Quantity::EnergyForwardT2, &metric::tariff_import, "tariff", "2"},
    {Quantity::EnergyForwardT3, &metric::tariff_import, "tariff", "3"},
    {Quantity::EnergyForwardT4, &metric::tariff_import, "tariff", "4"},
    {Quantity::EnergyReverseT1, &metric::tariff_export, "tariff", "1"},
    {Quantity::EnergyReverseT2, &metric::tariff_export, "tariff", "2"},
    {Quantity::EnergyReverseT3, &metric::tariff_export, "tariff", "3"},
    {Quantity::EnergyReverseT4, &metric::tariff_export, "tariff", "4"},
    {Quantity::ReactiveEnergyForward, &metric::reactive_import, "", ""},
    {Quantity::ReactiveEnergyReverse, &metric::reactive_export, "", ""},
    {Quantity::PhaseSequence, &metric::phase_sequence, "", ""},
    {Quantity::ActiveTariff, &metric::active_tariff, "", ""},
    {Quantity::ReactiveEnergyQ1, &metric::reactive_quadrant, "quadrant", "1"},
    {Quantity::ReactiveEnergyQ2, &metric::reactive_quadrant, "quadrant", "2"},
    {Quantity::ReactiveEnergyQ3, &metric::reactive_quadrant, "quadrant", "3"},
    {Quantity::ReactiveEnergyQ4, &metric::reactive_quadrant, "quadrant", "4"},
    {Quantity::EnergyAbsolute, &metric::energy_absolute, "", ""},
    {Quantity::PowerFailures, &metric::power_failures, "", ""},
    {Quantity::LongPowerFailures, &metric::long_power_failures, "", ""},
    {Quantity::VoltageSagsL1, &metric::voltage_sags, "phase", "L1"},
    {Quantity::VoltageSagsL2, &metric::voltage_sags, "phase", "L2"},
    {Quantity::VoltageSagsL3, &metric::voltage_sags, "phase", "L3"},
    {Quantity::VoltageSwellsL1, &metric::voltage_swells, "phase", "L1"},
    {Quantity::VoltageSwellsL2, &metric::voltage_swells, "phase", "L2"},
    {Quantity::VoltageSwellsL3, &metric::voltage_swells, "phase", "L3"},
    {Quantity::PowerLimit, &metric::power_limit, "", ""},
    {Quantity::ApparentPowerLimit, &metric::apparent_power_limit, "", ""},
    {Quantity::CurrentLimit, &metric::current_limit, "", ""},
    {Quantity::FuseCurrent, &metric::fuse, "", ""},
    {Quantity::Breaker, &metric::breaker, "", ""},
    {Quantity::Relay1, &metric::relay, "relay", "1"},
    {Quantity::Relay2, &metric::relay, "relay", "2"},
    {Quantity::Relay3, &metric::relay, "relay", "3"},
    {Quantity::Relay4, &metric::relay, "relay", "4"},
    {Quantity::Volume, &metric::volume, "", ""},
    {Quantity::HeatEnergy, &metric::heat, "", ""},
    {Quantity::Valve, &metric::valve, "", ""},
    {Quantity::MaxPower, &metric::max_power, "", ""},
    {Quantity::StatusCode, &metric::status_code, "", ""},
    {Quantity::Temperature, &metric::temperature, "", ""},
    {Quantity::HeadroomL1, &metric::headroom, "phase", "L1"},
    {Quantity::HeadroomL2, &metric::headroom, "phase", "L2"},
    {Quantity::HeadroomL3, &metric::headroom, "phase", "L3"},
    {Quantity::EnergyNettingForward, &metric::netted_import, "", ""},
    {Quantity::EnergyNettingReverse, &metric::netted_export, "", ""},
    {Quantity::DemandEnergy, &metric::demand_energy, "", ""},
    {Quantity::DemandForecast, &metric::demand_forecast, "", ""},
    {Quantity::DemandMonthPeak, &metric::demand_month_peak, "", ""},
    {Quantity::DemandAlarm, &metric::demand_alarm, "", ""},
}};

constexpr bool metrics_table_is_complete() {
    std::array<bool, quantity_count> seen{};
    for (std::size_t i = 0; i < quantity_count; ++i) {
        const MetricRow& row = metrics_table[i];
        const std::size_t index = index_of(row.quantity);
        const bool counter = quantity_table[index].kind == QuantityKind::Counter;
        if (seen[index] || row.family->help.empty() || row.family->name.ends_with("_total") != counter) {
            return false;
        }
        seen[index] = true;
        for (std::size_t j = 0; j + 1 < i; ++j) {
            if (metrics_table[j].family->name == row.family->name &&
                metrics_table[i - 1].family->name != row.family->name) {
                return false;
            }
        }
    }
    return true;
}
static_assert(metrics_table_is_complete(), "every quantity has one metric, families stand together");

} // namespace gridbridge
