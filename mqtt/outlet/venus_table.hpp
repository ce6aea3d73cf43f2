// Where each quantity goes in the Venus tree and how it is rounded (venus-mqtt: Path catalogue).
#pragma once

#include "drivers/waist/quantity.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

// Expected: on every electricity service from the start, null while unknown (never on a pulsemeter).
// IfMeasured: announced with its first value.
enum class Presence : std::uint8_t { Expected, IfMeasured };

struct VenusRow {
    Quantity quantity;
    std::string_view path;
    int decimals; // whole numbers for states: -1
    Presence presence;
};

inline constexpr int whole_number = -1;

// In the order of publication: phases before their total, power first.
inline constexpr std::array<VenusRow, quantity_count> venus_table{{
    {Quantity::PowerL1, "Ac/L1/Power", 2, Presence::Expected},
    {Quantity::PowerL2, "Ac/L2/Power", 2, Presence::Expected},
    {Quantity::PowerL3, "Ac/L3/Power", 2, Presence::Expected},
    {Quantity::Power, "Ac/Power", 2, Presence::Expected},
    {Quantity::CurrentL1, "Ac/L1/Current", 3, Presence::Expected},
    {Quantity::CurrentL2, "Ac/L2/Current", 3, Presence::Expected},
    {Quantity::CurrentL3, "Ac/L3/Current", 3, Presence::Expected},
    {Quantity::Current, "Ac/Current", 3, Presence::IfMeasured},
    {Quantity::CurrentN, "Ac/N/Current", 3, Presence::IfMeasured},
    {Quantity::VoltageL1, "Ac/L1/Voltage", 2, Presence::Expected},
    {Quantity::VoltageL2, "Ac/L2/Voltage", 2, Presence::Expected},
    {Quantity::VoltageL3, "Ac/L3/Voltage", 2, Presence::Expected},
    {Quantity::Voltage, "Ac/Voltage", 2, Presence::IfMeasured},
    {Quantity::VoltageL1L2, "Ac/L1/VoltageLineToLine", 2, Presence::IfMeasured},
    {Quantity::VoltageL2L3, "Ac/L2/VoltageLineToLine", 2, Presence::IfMeasured},
    {Quantity::VoltageL3L1, "Ac/L3/VoltageLineToLine", 2, Presence::IfMeasured},
    {Quantity::VoltageLineToLine, "Ac/VoltageLineToLine", 2, Presence::IfMeasured},
    {Quantity::ApparentPowerL1, "Ac/L1/ApparentPower", 2, Presence::IfMeasured},
    {Quantity::ApparentPowerL2, "Ac/L2/ApparentPower", 2, Presence::IfMeasured},
    {Quantity::ApparentPowerL3, "Ac/L3/ApparentPower", 2, Presence::IfMeasured},
    {Quantity::ApparentPower, "Ac/ApparentPower", 2, Presence::IfMeasured},
    {Quantity::ReactivePowerL1, "Ac/L1/ReactivePower", 2, Presence::IfMeasured},
    {Quantity::ReactivePowerL2, "Ac/L2/ReactivePower", 2, Presence::IfMeasured},
    {Quantity::ReactivePowerL3, "Ac/L3/ReactivePower", 2, Presence::IfMeasured},
    {Quantity::ReactivePower, "Ac/ReactivePower", 2, Presence::IfMeasured},
    {Quantity::PowerFactorL1, "Ac/L1/PowerFactor", 3, Presence::IfMeasured},
    {Quantity::PowerFactorL2, "Ac/L2/PowerFactor", 3, Presence::IfMeasured},
    {Quantity::PowerFactorL3, "Ac/L3/PowerFactor", 3, Presence::IfMeasured},
    {Quantity::PowerFactor, "Ac/PowerFactor", 3, Presence::IfMeasured},
    {Quantity::Frequency, "Ac/Frequency", 3, Presence::IfMeasured},
    {Quantity::PowerDemand, "Ac/Demand/Power", 2, Presence::IfMeasured},
    {Quantity::PowerDemandMax, "Ac/Demand/MaxPower", 2, Presence::IfMeasured},
    {Quantity::EnergyForwardL1, "Ac/L1/Energy/Forward", 3, Presence::Expected},
    {Quantity::EnergyForwardL2, "Ac/L2/Energy/Forward", 3, Presence::Expected},
    {Quantity::EnergyForwardL3, "Ac/L3/Energy/Forward", 3, Presence::Expected},
    {Quantity::EnergyForward, "Ac/Energy/Forward", 3, Presence::Expected},
    {Quantity::EnergyReverseL1, "Ac/L1/Energy/Reverse", 3, Presence::Expected},
    {Quantity::EnergyReverseL2, "Ac/L2/Energy/Reverse", 3, Presence::Expected},
    {Quantity::EnergyReverseL3, "Ac/L3/Energy/Reverse", 3, Presence::Expected},
    {Quantity::EnergyReverse, "Ac/Energy/Reverse", 3, Presence::Expected},
    {Quantity::EnergyForwardT1, "Ac/Energy/Tariff/1/Forward", 3, Presence::IfMeasured},
    {Quantity::EnergyForwardT2, "Ac/Energy/Tariff/2/Forward", 3, Presence::IfMeasured},
    {Quantity::EnergyForwardT3, "Ac/Energy/Tariff/3/Forward", 3, Presence::IfMeasured},
    {Quantity::EnergyForwardT4, "Ac/Energy/Tariff/4/Forward", 3, Presence::IfMeasured},
    {Quantity::EnergyReverseT1, "Ac/Energy/Tariff/1/Reverse", 3, Presence::IfMeasured},
    {Quantity::EnergyReverseT2, "Ac/Energy/Tariff/2/Reverse", 3, Presence::IfMeasured},
    {Quantity::EnergyReverseT3, "Ac/Energy/Tariff/3/Reverse", 3, Presence::IfMeasured},
    {Quantity::EnergyReverseT4, "Ac/Energy/Tariff/4/Reverse", 3, Presence::IfMeasured},
    {Quantity::ReactiveEnergyForward, "Ac/Energy/ReactiveForward", 3, Presence::IfMeasured},
    {Quantity::ReactiveEnergyReverse, "Ac/Energy/ReactiveReverse", 3, Presence::IfMeasured},
    {Quantity::PhaseSequence, "PhaseSequence", whole_number, Presence::IfMeasured},
    {Quantity::ActiveTariff, "Ac/Energy/ActiveTariff", whole_number, Presence::IfMeasured},
    {Quantity::ReactiveEnergyQ1, "Ac/Energy/ReactiveQ1", 3, Presence::IfMeasured},
    {Quantity::ReactiveEnergyQ2, "Ac/Energy/ReactiveQ2", 3, Presence::IfMeasured},
    {Quantity::ReactiveEnergyQ3, "Ac/Energy/ReactiveQ3", 3, Presence::IfMeasured},
    {Quantity::ReactiveEnergyQ4, "Ac/Energy/ReactiveQ4", 3, Presence::IfMeasured},
    {Quantity::EnergyAbsolute, "Ac/Energy/Absolute", 3, Presence::IfMeasured},
    {Quantity::PowerFailures, "Ac/PowerFailures", whole_number, Presence::IfMeasured},
    {Quantity::LongPowerFailures, "Ac/LongPowerFailures", whole_number, Presence::IfMeasured},
    {Quantity::VoltageSagsL1, "Ac/L1/VoltageSags", whole_number, Presence::IfMeasured},
    {Quantity::VoltageSagsL2, "Ac/L2/VoltageSags", whole_number, Presence::IfMeasured},
    {Quantity::VoltageSagsL3, "Ac/L3/VoltageSags", whole_number, Presence::IfMeasured},
    {Quantity::VoltageSwellsL1, "Ac/L1/VoltageSwells", whole_number, Presence::IfMeasured},
    {Quantity::VoltageSwellsL2, "Ac/L2/VoltageSwells", whole_number, Presence::IfMeasured},
    {Quantity::VoltageSwellsL3, "Ac/L3/VoltageSwells", whole_number, Presence::IfMeasured},
    {Quantity::PowerLimit, "Ac/Limit/Power", 2, Presence::IfMeasured},
    {Quantity::ApparentPowerLimit, "Ac/Limit/ApparentPower", 2, Presence::IfMeasured},
    {Quantity::CurrentLimit, "Ac/Limit/Current", 3, Presence::IfMeasured},
    {Quantity::FuseCurrent, "Ac/Limit/Fuse", 3, Presence::IfMeasured},
    {Quantity::Breaker, "Breaker", whole_number, Presence::IfMeasured},
    {Quantity::Relay1, "Relay/1/State", whole_number, Presence::IfMeasured},
    {Quantity::Relay2, "Relay/2/State", whole_number, Presence::IfMeasured},
    {Quantity::Relay3, "Relay/3/State", whole_number, Presence::IfMeasured},
    {Quantity::Relay4, "Relay/4/State", whole_number, Presence::IfMeasured},
    {Quantity::Volume, "Aggregate", 3, Presence::IfMeasured},
    {Quantity::HeatEnergy, "Energy/Heat", 3, Presence::IfMeasured},
    {Quantity::Valve, "Valve", whole_number, Presence::IfMeasured},
    {Quantity::MaxPower, "Ac/MaxPower", 2, Presence::IfMeasured},
    {Quantity::StatusCode, "StatusCode", whole_number, Presence::IfMeasured},
    {Quantity::Temperature, "Temperature", 1, Presence::IfMeasured},
    {Quantity::HeadroomL1, "Ac/L1/Headroom", 2, Presence::IfMeasured},
    {Quantity::HeadroomL2, "Ac/L2/Headroom", 2, Presence::IfMeasured},
    {Quantity::HeadroomL3, "Ac/L3/Headroom", 2, Presence::IfMeasured},
    {Quantity::EnergyNettingForward, "Ac/Energy/Netting/Forward", 3, Presence::IfMeasured},
    {Quantity::EnergyNettingReverse, "Ac/Energy/Netting/Reverse", 3, Presence::IfMeasured},
    {Quantity::DemandEnergy, "Ac/Demand/Energy", 3, Presence::IfMeasured},
    {Quantity::DemandForecast, "Ac/Demand/Forecast", 0, Presence::IfMeasured},
    {Quantity::DemandMonthPeak, "Ac/Demand/MonthPeak", 0, Presence::IfMeasured},
    {Quantity::DemandAlarm, "Ac/Demand/Alarm", whole_number, Presence::IfMeasured},
}};

constexpr bool venus_table_is_complete() {
    std::array<bool, quantity_count> seen{};
    for (const VenusRow& row : venus_table) {
        if (row.path.empty() || seen[index_of(row.quantity)]) {
            return false;
        }
        seen[index_of(row.quantity)] = true;
    }
    for (const bool one : seen) {
        if (!one) {
            return false;
        }
    }
    return true;
}
static_assert(venus_table_is_complete(), "every quantity has exactly one Venus path");

// The value as a Venus topic has it, rounded as its row says.
std::string row_payload(const VenusRow& row, std::optional<double> value);
// The same without the `{"value":}` around it.
std::string row_text(const VenusRow& row, std::optional<double> value);

} // namespace gridbridge
