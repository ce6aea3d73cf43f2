#include "drivers/stream/obis_map.hpp"

#include "drivers/derive.hpp"
#include "drivers/phase_options.hpp"
#include "drivers/stream/decimal.hpp"
#include "drivers/stream/sml_sign.hpp"
#include "drivers/text.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <tuple>

namespace gridbridge {
namespace {

using enum Quantity;

constexpr auto code_of(const ObisRow& row) {
    return std::tuple(row.c, row.d, row.e);
}

constexpr bool rows_ascend() {
    for (std::size_t i = 1; i < obis_rows.size(); ++i) {
        if (code_of(obis_rows[i]) <= code_of(obis_rows[i - 1])) {
            return false;
        }
    }
    return true;
}
static_assert(rows_ascend(), "obis_rows is searched by bisection");

struct UnitRow {
    std::string_view unit;   // lower case
    std::string_view wanted; // of quantity_table
    double factor;
    double divisor;
};
constexpr std::array unit_rows{
    UnitRow{"w", "W", 1, 1},           UnitRow{"kw", "W", 1000, 1},     UnitRow{"wh", "kWh", 1, 1000},
    UnitRow{"kwh", "kWh", 1, 1},       UnitRow{"var", "var", 1, 1},     UnitRow{"kvar", "var", 1000, 1},
    UnitRow{"varh", "kvarh", 1, 1000}, UnitRow{"kvarh", "kvarh", 1, 1}, UnitRow{"va", "VA", 1, 1},
    UnitRow{"kva", "VA", 1000, 1},     UnitRow{"v", "V", 1, 1},         UnitRow{"a", "A", 1, 1},
    UnitRow{"hz", "Hz", 1, 1},         UnitRow{"m3", "m3", 1, 1},       UnitRow{"dm3", "m3", 1, 1000},
    UnitRow{"l", "m3", 1, 1000},       UnitRow{"gj", "kWh", 1e6, 3600}, UnitRow{"mj", "kWh", 1000, 3600},
    UnitRow{"mwh", "kWh", 1000, 1},
};

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
    const auto same = [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b); };
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), same);
}

// First value of each register, by row, and of the registers that have no row.
struct Registers {
    std::array<const ObisObject*, obis_rows.size()> objects{};
    const ObisObject* net_power = nullptr;      // 16.7.0
    const ObisObject* absolute_power = nullptr; // 15.7.0
    const ObisObject* signed_import = nullptr;  // 1.7.1
    std::array<const ObisObject*, 3> net_phases{};

    const ObisObject** find(Obis code);
};

std::size_t row_of(Obis code) {
    const auto* const row =
        std::lower_bound(obis_rows.begin(), obis_rows.end(), std::tuple(code.c, code.d, code.e),
                         [](const ObisRow& r, const auto& wanted) { return code_of(r) < wanted; });
    const bool found = row != obis_rows.end() && code_of(*row) == std::tuple(code.c, code.d, code.e);
    return found ? static_cast<std::size_t>(row - obis_rows.begin()) : obis_rows.size();
}

const ObisObject** Registers::find(Obis code) {
    if (const std::size_t row = row_of(code); row < objects.size()) {
        return &objects[row];
    }
    if (code.d == 7 && code.e == 0 && (code.c == 36 || code.c == 56 || code.c == 76)) {
        return &net_phases[(code.c - 36U) / 20U];
    }
    if (code.d == 7 && code.e == 0 && code.c == 16) {
        return &net_power;
    }
    if (code.d == 7 && code.e == 0 && code.c == 15) {
        return &absolute_power;
    }
    return code.d == 7 && code.c == 1 && code.e == 1 ? &signed_import : nullptr;
}

Registers collect(const Telegram& telegram) {
    Registers registers;
    for (const std::uint8_t b : {std::uint8_t{0}, std::uint8_t{1}}) {
        for (const ObisObject& object : telegram.objects) {
            if (object.code.a != 1 || object.code.b != b || object.code.f != 255 ||
                !(object.number || object.groups.empty())) {
                continue;
            }
            const ObisObject** slot = registers.find(object.code);
            if (slot != nullptr && *slot == nullptr) {
                *slot = &object;
            }
        }
    }
    return registers;
}

std::optional<double> value_of(const ObisObject* object, Quantity quantity) {
    if (object == nullptr) {
        return std::nullopt;
    }
    if (object->implied_unit) {
        return parse_decimal(trim(object->text));
    }
    // P1 keeps a value without unit as the text it sent (power factors).
    const auto number = object->number || !quantity_table[index_of(quantity)].unit.empty()
                            ? object->number
                            : parse_decimal(object->text);
    return number ? convert_unit(*number, object->unit, quantity) : std::nullopt;
}

void set_rows(const Registers& registers, Reading& reading) {
    for (std::size_t i = 0; i < obis_rows.size(); ++i) {
        if (registers.objects[i] == nullptr) { // most
            continue;
        }
        const ObisRow& row = obis_rows[i];
        if (const auto value = value_of(registers.objects[i], row.quantity)) {
            reading.set(row.quantity, reading.get(row.quantity).value_or(0.0) + row.sign * *value);
        }
    }
    for (const Quantity factor : {PowerFactor, PowerFactorL1, PowerFactorL2, PowerFactorL3}) {
        if (std::abs(reading.get(factor).value_or(0.0)) > 1) { // some Hungarian meters send 4.5 and the like
            reading.clear(factor);
        }
    }
}

// Unsigned power of a meter that tells no direction is import when the meter counts no export, else unknown.
std::optional<double> unsigned_power(double power, const Reading& reading) {
    const bool exports =
        reading.has(EnergyReverse) || reading.has(EnergyReverseT1) || reading.has(EnergyReverseT2);
    return exports ? std::nullopt : std::optional(power);
}

void set_total_power(const Telegram& telegram, const Registers& registers, Direction direction,
                     Reading& reading) {
    if (const auto net = value_of(registers.net_power, Power)) {
        reading.set(Power, signed_power(*net, status_word(telegram), direction));
    } else if (reading.has(Power)) {
        return;
    } else if (const auto absolute = value_of(registers.absolute_power, Power)) {
        const auto status = status_word(telegram);
        const bool unknown = !status && direction == Direction::Auto;
        reading.set(Power, unknown ? unsigned_power(*absolute, reading)
                                   : signed_power(*absolute, status, direction));
    } else {
        reading.set(Power, value_of(registers.signed_import, Power));
    }
}

void set_abstract(const ObisObject& object, Reading& reading) {
    for (const ObisRow& row : abstract_rows) {
        if (code_of(row) != std::tuple(object.code.c, object.code.d, object.code.e)) {
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
        } else if (object.code.a == 0 && object.code.b == 0) {
            set_abstract(object, reading);
        } else if (object.code.a == 0) {
            set_relay(object, reading);
        }
    }
}

} // namespace

std::optional<double> convert_unit(double value, std::string_view unit, Quantity quantity) {
    const std::string_view wanted = quantity_table[index_of(quantity)].unit;
    if (unit == wanted) { // also: none sent and none wanted
        return value;
    }
    for (const UnitRow& row : unit_rows) {
        if (row.wanted == wanted && equal_ignoring_case(unit, row.unit)) {
            return value * row.factor / row.divisor;
        }
    }
    return std::nullopt;
}

Reading to_reading(const Telegram& telegram, Direction direction, std::span<const int> phases,
                   std::span<const int> invert) {
    Reading reading;
    const Registers registers = collect(telegram);
    set_rows(registers, reading);
    for (std::size_t phase = 0; phase < 3; ++phase) {
        if (const auto net = value_of(registers.net_phases[phase], Power)) {
            reading.set(of_phase(Power, static_cast<int>(phase) + 1), *net);
        }
    }
    set_total_power(telegram, registers, direction, reading);
    set_others(telegram, reading);
    total_as_phase_one(reading);
    apply_phase_options(reading, phases, invert);
    derive(reading);
    return reading;
}

} // namespace gridbridge
