// OBIS objects of a telegram as a Reading.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/stream/obis/obis_value.hpp"
#include "drivers/stream/obis/telegram.hpp"
#include "drivers/waist/quantity.hpp"
#include "drivers/waist/reading.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace gridbridge {

// One register of the objects A-B = 1-0, F = 255. A quantity is the sum of its registers, times `sign`.
struct ObisRow {
    std::uint8_t c, d, e;
    Quantity quantity;
    int sign;
};

// IEC 62056-61 codes; ascending by c, d, e.
inline constexpr std::array obis_rows{
    ObisRow{1, 4, 0, Quantity::PowerDemand, 1},
    ObisRow{1, 6, 0, Quantity::PowerDemandMax, 1},
    ObisRow{1, 7, 0, Quantity::Power, 1},
    ObisRow{1, 8, 0, Quantity::EnergyForward, 1},
    ObisRow{1, 8, 1, Quantity::EnergyForwardT1, 1},
    ObisRow{1, 8, 2, Quantity::EnergyForwardT2, 1},
    ObisRow{1, 8, 3, Quantity::EnergyForwardT3, 1},
    ObisRow{1, 8, 4, Quantity::EnergyForwardT4, 1},
    ObisRow{2, 7, 0, Quantity::Power, -1},
    ObisRow{2, 8, 0, Quantity::EnergyReverse, 1},
    ObisRow{2, 8, 1, Quantity::EnergyReverseT1, 1},
    ObisRow{2, 8, 2, Quantity::EnergyReverseT2, 1},
    ObisRow{2, 8, 3, Quantity::EnergyReverseT3, 1},
    ObisRow{2, 8, 4, Quantity::EnergyReverseT4, 1},
    ObisRow{3, 7, 0, Quantity::ReactivePower, 1},
    ObisRow{3, 8, 0, Quantity::ReactiveEnergyForward, 1},
    ObisRow{4, 7, 0, Quantity::ReactivePower, -1},
    ObisRow{4, 8, 0, Quantity::ReactiveEnergyReverse, 1},
    ObisRow{5, 8, 0, Quantity::ReactiveEnergyQ1, 1},
    ObisRow{6, 8, 0, Quantity::ReactiveEnergyQ2, 1},
    ObisRow{7, 8, 0, Quantity::ReactiveEnergyQ3, 1},
    ObisRow{8, 8, 0, Quantity::ReactiveEnergyQ4, 1},
    ObisRow{9, 7, 0, Quantity::ApparentPower, 1},
    ObisRow{10, 7, 0, Quantity::ApparentPower, 1},
    ObisRow{13, 7, 0, Quantity::PowerFactor, 1},
    ObisRow{14, 7, 0, Quantity::Frequency, 1},
    ObisRow{15, 8, 0, Quantity::EnergyAbsolute, 1},
    ObisRow{21, 7, 0, Quantity::PowerL1, 1},
    ObisRow{22, 7, 0, Quantity::PowerL1, -1},
    ObisRow{23, 7, 0, Quantity::ReactivePowerL1, 1},
    ObisRow{24, 7, 0, Quantity::ReactivePowerL1, -1},
    ObisRow{31, 4, 0, Quantity::FuseCurrent, 1},
    ObisRow{31, 7, 0, Quantity::CurrentL1, 1},
    ObisRow{32, 7, 0, Quantity::VoltageL1, 1},
    ObisRow{32, 32, 0, Quantity::VoltageSagsL1, 1},
    ObisRow{32, 36, 0, Quantity::VoltageSwellsL1, 1},
    ObisRow{33, 7, 0, Quantity::PowerFactorL1, 1},
    ObisRow{41, 7, 0, Quantity::PowerL2, 1},
    ObisRow{42, 7, 0, Quantity::PowerL2, -1},
    ObisRow{43, 7, 0, Quantity::ReactivePowerL2, 1},
    ObisRow{44, 7, 0, Quantity::ReactivePowerL2, -1},
    ObisRow{51, 7, 0, Quantity::CurrentL2, 1},
    ObisRow{52, 7, 0, Quantity::VoltageL2, 1},
    ObisRow{52, 32, 0, Quantity::VoltageSagsL2, 1},
    ObisRow{52, 36, 0, Quantity::VoltageSwellsL2, 1},
    ObisRow{53, 7, 0, Quantity::PowerFactorL2, 1},
    ObisRow{61, 7, 0, Quantity::PowerL3, 1},
    ObisRow{62, 7, 0, Quantity::PowerL3, -1},
    ObisRow{63, 7, 0, Quantity::ReactivePowerL3, 1},
    ObisRow{64, 7, 0, Quantity::ReactivePowerL3, -1},
    ObisRow{71, 7, 0, Quantity::CurrentL3, 1},
    ObisRow{72, 7, 0, Quantity::VoltageL3, 1},
    ObisRow{72, 32, 0, Quantity::VoltageSagsL3, 1},
    ObisRow{72, 36, 0, Quantity::VoltageSwellsL3, 1},
    ObisRow{73, 7, 0, Quantity::PowerFactorL3, 1},
    ObisRow{91, 7, 0, Quantity::CurrentN, 1},
};

// The same for the objects A = 0 of the meter itself (B = 0). The first row whose unit fits is taken.
inline constexpr std::array abstract_rows{
    ObisRow{17, 0, 0, Quantity::PowerLimit, 1},     ObisRow{17, 0, 0, Quantity::ApparentPowerLimit, 1},
    ObisRow{17, 0, 0, Quantity::CurrentLimit, 1},   ObisRow{24, 4, 0, Quantity::Breaker, 1},
    ObisRow{96, 3, 10, Quantity::Breaker, 1},       ObisRow{96, 7, 9, Quantity::LongPowerFailures, 1},
    ObisRow{96, 7, 21, Quantity::PowerFailures, 1}, ObisRow{96, 14, 0, Quantity::ActiveTariff, 1},
};

// Snapshot of one telegram, completed by total_as_phase_one() and derive(). `received` is left to the
// caller. Objects 1-1 stand in for absent 1-0 ones (Swiss meters). A value whose unit does not fit its
// quantity is absent. Total power is 16.7.0 if sent, else 1.7.0 - 2.7.0, else 15.7.0, else 1.7.1; `direction`
// says how 16.7.0 and 15.7.0 get their sign (power_sign.hpp); `phases` and `invert` as in phase_options.hpp.
Reading to_reading(const Telegram& telegram, Direction direction = Direction::Auto,
                   std::span<const int> phases = {}, std::span<const int> invert = {});

} // namespace gridbridge
