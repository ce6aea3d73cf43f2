#include "drivers/modbus/sunspec/sunspec_models.hpp"

#include <algorithm>

namespace gridbridge::sunspec {
namespace {

using enum Quantity;

// Operating state 1 off, 2 sleeping, 3 starting, 4 MPPT, 5 throttled, 6 shutting down, 7 fault, 8 standby, as
// dbus-fronius maps it.
constexpr std::array<std::int8_t, 9> status_codes{-1, 0, 8, 3, 7, 7, 8, 10, 8};
constexpr std::uint16_t sleeping = 2;
constexpr std::array<std::uint16_t, 2> idle{1, 8}; // off, standby

// Inverter state of model 701: the same, counted from 0.
constexpr std::array<std::int8_t, 8> der_status_codes{0, 8, 3, 7, 7, 8, 10, 8};
constexpr std::uint16_t der_sleeping = 1;
constexpr std::array<std::uint16_t, 2> der_idle{0, 7};

constexpr double wh_per_kwh = 1000;

constexpr RegisterAddress at(int offset) {
    return static_cast<RegisterAddress>(offset);
}

constexpr RegisterRow row(int offset, Quantity quantity, Encoding encoding, NoValue no_value) {
    RegisterRow made;
    made.address = at(offset);
    made.quantity = quantity;
    made.encoding = encoding;
    made.pace = Pace::Fast;
    made.no_value = no_value;
    return made;
}

constexpr RegisterRow scaled(RegisterRow made, int scale_factor) {
    made.exponent = at(scale_factor);
    return made;
}
constexpr RegisterRow u16(int offset, Quantity quantity, int scale_factor) {
    return scaled(row(offset, quantity, Encoding::Uint16, NoValue::Uint16Max), scale_factor);
}
constexpr RegisterRow s16(int offset, Quantity quantity, int scale_factor) {
    return scaled(row(offset, quantity, Encoding::Int16, NoValue::Int16Min), scale_factor);
}
// acc32 in Wh or varh.
constexpr RegisterRow counter(int offset, Quantity quantity, int scale_factor) {
    RegisterRow made = scaled(row(offset, quantity, Encoding::Uint32HighFirst, NoValue::Zero), scale_factor);
    made.divisor = wh_per_kwh;
    return made;
}
constexpr RegisterRow f32(int offset, Quantity quantity) {
    return row(offset, quantity, Encoding::Float32HighFirst, NoValue::Never);
}
constexpr RegisterRow counter_f32(int offset, Quantity quantity) {
    RegisterRow made = f32(offset, quantity);
    made.divisor = wh_per_kwh;
    return made;
}
// Of an inverter that wakes up it may be 0 for minutes.
constexpr RegisterRow lifetime_f32(int offset) {
    RegisterRow made = counter_f32(offset, EnergyForward);
    made.no_value = NoValue::Zero;
    return made;
}
constexpr RegisterRow u32(int offset, Quantity quantity, int scale_factor) {
    return scaled(row(offset, quantity, Encoding::Uint32HighFirst, NoValue::Zero), scale_factor);
}
constexpr RegisterRow counter_u64(int offset, Quantity quantity) {
    constexpr int scale_factor = 120;
    RegisterRow made = scaled(row(offset, quantity, Encoding::Uint64HighFirst, NoValue::Zero), scale_factor);
    made.divisor = wh_per_kwh;
    return made;
}
constexpr RegisterRow state(int offset, std::span<const std::int8_t> codes = status_codes) {
    RegisterRow made = row(offset, StatusCode, Encoding::Code, NoValue::Never);
    made.codes = codes;
    return made;
}
constexpr RegisterRow power_unless_asleep(RegisterRow made, int state) {
    made.zero_at = RestMark{at(state), sleeping, idle};
    return made;
}
constexpr RegisterRow power_of_der(RegisterRow made, int state) {
    made.zero_at = RestMark{at(state), der_sleeping, der_idle};
    return made;
}
// The sign of an alternating current is noise, that of its power counts.
constexpr RegisterRow unsigned_current(RegisterRow made) {
    made.magnitude = true;
    return made;
}
constexpr RegisterRow ratio(RegisterRow made) {
    made.per_cent = true;
    return made;
}

constexpr std::array inverter{
    u16(2, Current, 6),
    u16(3, CurrentL1, 6),
    u16(4, CurrentL2, 6),
    u16(5, CurrentL3, 6),
    u16(7, VoltageL1L2, 13),
    u16(8, VoltageL2L3, 13),
    u16(9, VoltageL3L1, 13),
    u16(10, VoltageL1, 13),
    u16(11, VoltageL2, 13),
    u16(12, VoltageL3, 13),
    power_unless_asleep(s16(14, Power, 15), 38),
    u16(16, Frequency, 17),
    s16(18, ApparentPower, 19),
    s16(20, ReactivePower, 21),
    ratio(s16(22, PowerFactor, 23)),
    counter(24, EnergyForward, 26),
    state(38),
};

constexpr std::array inverter_f32{
    f32(2, Current),
    f32(4, CurrentL1),
    f32(6, CurrentL2),
    f32(8, CurrentL3),
    f32(10, VoltageL1L2),
    f32(12, VoltageL2L3),
    f32(14, VoltageL3L1),
    f32(16, VoltageL1),
    f32(18, VoltageL2),
    f32(20, VoltageL3),
    power_unless_asleep(f32(22, Power), 48),
    f32(24, Frequency),
    f32(26, ApparentPower),
    f32(28, ReactivePower),
    ratio(f32(30, PowerFactor)),
    lifetime_f32(32),
    state(48),
};

constexpr std::array der{
    state(4, der_status_codes),
    power_of_der(s16(10, Power, 116), 4),
    s16(11, ApparentPower, 118),
    s16(12, ReactivePower, 119),
    ratio(s16(13, PowerFactor, 117)),
    unsigned_current(s16(14, Current, 113)),
    u16(15, VoltageLineToLine, 114),
    u16(16, Voltage, 114),
    u32(17, Frequency, 115),
    counter_u64(19, EnergyForward),
    s16(41, PowerL1, 116),
    unsigned_current(s16(45, CurrentL1, 113)),
    u16(46, VoltageL1L2, 114),
    u16(47, VoltageL1, 114),
    counter_u64(48, EnergyForwardL1),
    s16(64, PowerL2, 116),
    unsigned_current(s16(68, CurrentL2, 113)),
    u16(69, VoltageL2L3, 114),
    u16(70, VoltageL2, 114),
    counter_u64(71, EnergyForwardL2),
    s16(87, PowerL3, 116),
    unsigned_current(s16(91, CurrentL3, 113)),
    u16(92, VoltageL3L1, 114),
    u16(93, VoltageL3, 114),
    counter_u64(94, EnergyForwardL3),
};

constexpr std::array meter{
    unsigned_current(s16(2, Current, 6)),
    unsigned_current(s16(3, CurrentL1, 6)),
    unsigned_current(s16(4, CurrentL2, 6)),
    unsigned_current(s16(5, CurrentL3, 6)),
    s16(7, Voltage, 15),
    s16(8, VoltageL1, 15),
    s16(9, VoltageL2, 15),
    s16(10, VoltageL3, 15),
    s16(11, VoltageLineToLine, 15),
    s16(12, VoltageL1L2, 15),
    s16(13, VoltageL2L3, 15),
    s16(14, VoltageL3L1, 15),
    s16(16, Frequency, 17),
    s16(18, Power, 22),
    s16(19, PowerL1, 22),
    s16(20, PowerL2, 22),
    s16(21, PowerL3, 22),
    s16(23, ApparentPower, 27),
    s16(24, ApparentPowerL1, 27),
    s16(25, ApparentPowerL2, 27),
    s16(26, ApparentPowerL3, 27),
    s16(28, ReactivePower, 32),
    s16(29, ReactivePowerL1, 32),
    s16(30, ReactivePowerL2, 32),
    s16(31, ReactivePowerL3, 32),
    ratio(s16(33, PowerFactor, 37)),
    ratio(s16(34, PowerFactorL1, 37)),
    ratio(s16(35, PowerFactorL2, 37)),
    ratio(s16(36, PowerFactorL3, 37)),
    counter(38, EnergyReverse, 54),
    counter(40, EnergyReverseL1, 54),
    counter(42, EnergyReverseL2, 54),
    counter(44, EnergyReverseL3, 54),
    counter(46, EnergyForward, 54),
    counter(48, EnergyForwardL1, 54),
    counter(50, EnergyForwardL2, 54),
    counter(52, EnergyForwardL3, 54),
    counter(72, ReactiveEnergyQ1, 104),
    counter(80, ReactiveEnergyQ2, 104),
    counter(88, ReactiveEnergyQ3, 104),
    counter(96, ReactiveEnergyQ4, 104),
};

constexpr std::array meter_f32{
    unsigned_current(f32(2, Current)),
    unsigned_current(f32(4, CurrentL1)),
    unsigned_current(f32(6, CurrentL2)),
    unsigned_current(f32(8, CurrentL3)),
    f32(10, Voltage),
    f32(12, VoltageL1),
    f32(14, VoltageL2),
    f32(16, VoltageL3),
    f32(18, VoltageLineToLine),
    f32(20, VoltageL1L2),
    f32(22, VoltageL2L3),
    f32(24, VoltageL3L1),
    f32(26, Frequency),
    f32(28, Power),
    f32(30, PowerL1),
    f32(32, PowerL2),
    f32(34, PowerL3),
    f32(36, ApparentPower),
    f32(38, ApparentPowerL1),
    f32(40, ApparentPowerL2),
    f32(42, ApparentPowerL3),
    f32(44, ReactivePower),
    f32(46, ReactivePowerL1),
    f32(48, ReactivePowerL2),
    f32(50, ReactivePowerL3),
    ratio(f32(52, PowerFactor)),
    ratio(f32(54, PowerFactorL1)),
    ratio(f32(56, PowerFactorL2)),
    ratio(f32(58, PowerFactorL3)),
    counter_f32(60, EnergyReverse),
    counter_f32(62, EnergyReverseL1),
    counter_f32(64, EnergyReverseL2),
    counter_f32(66, EnergyReverseL3),
    counter_f32(68, EnergyForward),
    counter_f32(70, EnergyForwardL1),
    counter_f32(72, EnergyForwardL2),
    counter_f32(74, EnergyForwardL3),
    counter_f32(92, ReactiveEnergyQ1),
    counter_f32(100, ReactiveEnergyQ2),
    counter_f32(108, ReactiveEnergyQ3),
    counter_f32(116, ReactiveEnergyQ4),
};

constexpr bool is_sound(std::span<const RegisterRow> rows) {
    return rows_are_sorted(rows) && quantities_are_unique(rows) && encodings_fit(rows);
}
static_assert(is_sound(inverter) && is_sound(inverter_f32) && is_sound(meter) && is_sound(meter_f32) &&
              is_sound(der));

// Wiring in model 701: single, split, three phase.
constexpr PhasesRegister wiring_of_der{2, {1, 2, 3}};

constexpr std::array models{
    MeasuringModel{101, ModelKind::Inverter, Preference::Integer, 1, inverter},
    MeasuringModel{102, ModelKind::Inverter, Preference::Integer, 2, inverter},
    MeasuringModel{103, ModelKind::Inverter, Preference::Integer, 3, inverter},
    MeasuringModel{111, ModelKind::Inverter, Preference::Float, 1, inverter_f32},
    MeasuringModel{112, ModelKind::Inverter, Preference::Float, 2, inverter_f32},
    MeasuringModel{113, ModelKind::Inverter, Preference::Float, 3, inverter_f32},
    MeasuringModel{701, ModelKind::Inverter, Preference::Der, 3, der, wiring_of_der},
    MeasuringModel{201, ModelKind::Meter, Preference::Integer, 1, meter},
    MeasuringModel{202, ModelKind::Meter, Preference::Integer, 2, meter},
    MeasuringModel{203, ModelKind::Meter, Preference::Integer, 3, meter},
    MeasuringModel{204, ModelKind::Meter, Preference::Integer, 3, meter},
    MeasuringModel{211, ModelKind::Meter, Preference::Float, 1, meter_f32},
    MeasuringModel{212, ModelKind::Meter, Preference::Float, 2, meter_f32},
    MeasuringModel{213, ModelKind::Meter, Preference::Float, 3, meter_f32},
    MeasuringModel{214, ModelKind::Meter, Preference::Float, 3, meter_f32},
};

// Nobody changes the rating of an inverter while it runs.
constexpr RegisterRow rating(RegisterRow made) {
    made.pace = Pace::Once;
    return made;
}

constexpr std::array ratings{
    RatingModel{120, rating(u16(3, MaxPower, 4))},
    RatingModel{702, rating(u16(2, MaxPower, 45))},
};

template <typename Model>
const Model* find(std::span<const Model> among, std::uint16_t id) {
    const auto found =
        std::find_if(among.begin(), among.end(), [id](const Model& model) { return model.id == id; });
    return found == among.end() ? nullptr : &*found;
}

} // namespace

const MeasuringModel* find_measuring_model(std::uint16_t id) {
    return find<MeasuringModel>(models, id);
}

std::span<const MeasuringModel> measuring_models() {
    return models;
}

const RatingModel* find_rating_model(std::uint16_t id) {
    return find<RatingModel>(ratings, id);
}

} // namespace gridbridge::sunspec
