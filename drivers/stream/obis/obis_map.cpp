#include "drivers/stream/obis/obis_map.hpp"

#include "drivers/stream/obis/decimal.hpp"
#include "drivers/stream/obis/obis_power.hpp"
#include "drivers/stream/obis/obis_registers.hpp"
#include "drivers/stream/obis/time_stamp.hpp"
#include "drivers/values/derive.hpp"
#include "drivers/values/phase_options.hpp"
#include "drivers/waist/phase_quantities.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <tuple>

namespace gridbridge {
namespace {

using enum Quantity;

// A sum with a part that cannot be read is unknown.
Unreadable set_rows(const Registers& registers, Reading& reading) {
    Unreadable unreadable;
    for (std::size_t i = 0; i < obis_rows.size(); ++i) {
        if (registers.objects[i] == nullptr) { // most
            continue;
        }
        const ObisRow& row = obis_rows[i];
        const auto value = value_of(registers.objects[i], row.quantity);
        if (value) {
            reading.set(row.quantity, reading.get(row.quantity).value_or(0.0) + row.sign * *value);
        }
        const bool is_plausible = value && std::abs(*value) <= quantity_table[index_of(row.quantity)].largest;
        unreadable[index_of(row.quantity)] = unreadable[index_of(row.quantity)] || !is_plausible;
    }
    for (std::size_t i = 0; i < quantity_count; ++i) {
        if (unreadable[i]) {
            reading.clear(static_cast<Quantity>(i));
        }
    }
    return unreadable;
}

// A total that cannot be read is not made of tariffs either: they need not be all there are.
void drop_partial_sums(const Registers& registers, const Unreadable& unreadable, Reading& reading) {
    struct Sum {
        std::uint8_t c;
        Quantity total;
        std::array<Quantity, 4> parts;
    };
    constexpr std::array sums{
        Sum{1, EnergyForward, {EnergyForwardT1, EnergyForwardT2, EnergyForwardT3, EnergyForwardT4}},
        Sum{2, EnergyReverse, {EnergyReverseT1, EnergyReverseT2, EnergyReverseT3, EnergyReverseT4}}};
    for (const Sum& sum : sums) {
        const bool is_partial =
            std::ranges::any_of(sum.parts, [&](Quantity part) { return unreadable[index_of(part)]; });
        if (unreadable[index_of(sum.total)] || (is_partial && registers.sent(sum.c, 8) == nullptr)) {
            reading.clear(sum.total);
        }
    }
}

// Current and voltage without a phase are those of the only one; of a meter of more they may be anything.
void set_single_phase(const Registers& registers, Reading& reading) {
    const auto is_sent = [&](std::uint8_t first) {
        return registers.sent(first, 7) != nullptr ||
               registers.sent(static_cast<std::uint8_t>(first + 20), 7) != nullptr ||
               registers.sent(static_cast<std::uint8_t>(first + 40), 7) != nullptr;
    };
    const bool has_net =
        std::ranges::any_of(registers.net_phases, [](const auto* net) { return net != nullptr; });
    if (has_net || is_sent(21) || is_sent(22) || is_sent(31) || is_sent(32)) {
        return;
    }
    reading.set(CurrentL1, value_of(registers.single_current, CurrentL1));
    reading.set(VoltageL1, value_of(registers.single_voltage, VoltageL1));
}

void set_abstract(const ObisObject& object, Reading& reading) {
    for (const ObisRow& row : abstract_rows) {
        if (std::tuple(row.c, row.d, row.e) != std::tuple(object.code.c, object.code.d, object.code.e)) {
            continue;
        }
        if (const auto value = value_of(&object, row.quantity)) {
            reading.set(row.quantity, *value);
            return;
        }
    }
    // Hungarian meters name the state of the breaker.
    if (object.code == Obis{0, 0, 96, 50, 68} && (object.text == "ON" || object.text == "OFF")) {
        reading.set(Breaker, object.text == "ON" ? 1.0 : 0.0);
    }
}

// Heat and cooling meters.
void set_heat(const ObisObject& object, Reading& reading) {
    for (const ObisRow& row : {ObisRow{6, 8, 0, HeatEnergy, 1}, ObisRow{6, 26, 0, Volume, 1}}) {
        if (object.code == Obis{6, 0, row.c, row.d, row.e} && !reading.has(row.quantity)) {
            reading.set(row.quantity, value_of(&object, row.quantity));
        }
    }
}

// The clock of a P1 telegram.
void set_clock(const ObisObject& object, Reading& reading) {
    const auto time =
        object.code == Obis{0, 0, 1, 0, 0} ? parse_time_stamp(object.text) : std::optional<MeterTime>();
    if (time) {
        reading.meter_second = static_cast<std::int16_t>(second_of_hour(*time));
        reading.meter_month = static_cast<std::int16_t>(month_of(*time));
    }
}

void set_relay(const ObisObject& object, Reading& reading) {
    constexpr std::array relays{Relay1, Relay2, Relay3, Relay4};
    const bool is_relay = object.code.c == 96 && object.code.d == 3 && object.code.e == 10;
    if (is_relay && object.code.b <= relays.size()) {
        const Quantity relay = relays.at(object.code.b - 1U);
        reading.set(relay, value_of(&object, relay));
    }
}

// Luxembourg prints the fuse threshold of import and, negative, of export: the first counts.
void set_fuse(const ObisObject& object, Reading& reading) {
    if (object.code.c != 31 || object.code.d != 4 || object.groups.empty()) {
        return;
    }
    const std::string_view group = object.groups.front();
    const auto star = group.find('*');
    const auto number = star == std::string_view::npos ? std::nullopt : parse_decimal(group.substr(0, star));
    if (number) {
        reading.set(FuseCurrent, convert_unit(*number, group.substr(star + 1), FuseCurrent));
    }
}

// Objects that are no registers of electricity.
void set_others(const Telegram& telegram, Reading& reading) {
    for (const ObisObject& object : telegram.objects) {
        if (object.code.a == 1) {
            set_fuse(object, reading);
        } else if (object.code.a == 6) {
            set_heat(object, reading);
        } else if (object.code.a == 0 && object.code.b == 0) {
            set_abstract(object, reading);
            set_clock(object, reading);
        } else if (object.code.a == 0) {
            set_relay(object, reading);
        }
    }
}

} // namespace

Reading to_reading(const Telegram& telegram, Direction direction, std::span<const int> phases,
                   std::span<const int> invert) {
    Reading reading;
    const Registers registers = registers_of(telegram);
    const Unreadable unreadable = set_rows(registers, reading);
    set_single_phase(registers, reading);
    set_powers(telegram, registers, direction, unreadable, reading);
    const bool is_unknown = !reading.has(Power);
    set_others(telegram, reading);
    apply_phase_options(reading, phases, invert);
    derive(reading);
    if (is_unknown) { // also by its phases
        reading.clear(Power);
    }
    drop_partial_sums(registers, unreadable, reading);
    return reading;
}

} // namespace gridbridge
