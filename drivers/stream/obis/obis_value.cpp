#include "drivers/stream/obis/obis_value.hpp"

#include "drivers/stream/obis/decimal.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>

namespace gridbridge {
namespace {

struct UnitRow {
    std::string_view unit;   // lower case
    std::string_view wanted; // of quantity_table
    double factor;
    double divisor;
};
constexpr std::array unit_rows{
    UnitRow{"w", "W", 1, 1},
    UnitRow{"kw", "W", 1000, 1},
    UnitRow{"wh", "kWh", 1, 1000},
    UnitRow{"kwh", "kWh", 1, 1},
    UnitRow{"var", "var", 1, 1},
    UnitRow{"kvar", "var", 1000, 1},
    UnitRow{"varh", "kvarh", 1, 1000},
    UnitRow{"kvarh", "kvarh", 1, 1},
    UnitRow{"va", "VA", 1, 1},
    UnitRow{"kva", "VA", 1000, 1},
    UnitRow{"v", "V", 1, 1},
    UnitRow{"a", "A", 1, 1},
    UnitRow{"hz", "Hz", 1, 1},
    UnitRow{"m3", "m3", 1, 1},
    UnitRow{"dm3", "m3", 1, 1000},
    UnitRow{"l", "m3", 1, 1000},
    UnitRow{"gj", "kWh", 1e6, 3600},
    UnitRow{"mj", "kWh", 1000, 3600},
    UnitRow{"mwh", "kWh", 1000, 1},
    UnitRow{"mw", "W", 1e6, 1},
    UnitRow{"mvar", "var", 1e6, 1},
    UnitRow{"mva", "VA", 1e6, 1},
    UnitRow{"mvarh", "kvarh", 1000, 1},
    UnitRow{"kv", "V", 1000, 1},
    UnitRow{"ka", "A", 1000, 1},
    UnitRow{"khz", "Hz", 1000, 1},
};

// In any case, with blanks anywhere ("kWh ").
bool is_unit(std::string_view text, std::string_view lower) {
    const auto same = [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b); };
    for (const char c : text) {
        if (c == ' ') {
            continue;
        }
        if (lower.empty() || !same(c, lower.front())) {
            return false;
        }
        lower.remove_prefix(1);
    }
    return lower.empty();
}

} // namespace

std::optional<double> convert_unit(double value, std::string_view unit, Quantity quantity) {
    const std::string_view wanted = quantity_table[index_of(quantity)].unit;
    if (unit == wanted) { // also: none sent and none wanted
        return value;
    }
    for (const UnitRow& row : unit_rows) {
        if (row.wanted == wanted && is_unit(unit, row.unit)) {
            return value * row.factor / row.divisor;
        }
    }
    return std::nullopt;
}

std::optional<double> value_of(const ObisObject* object, Quantity quantity) {
    if (object == nullptr) {
        return std::nullopt;
    }
    const QuantityRow& row = quantity_table[index_of(quantity)];
    std::optional<double> value;
    if (object->implied_unit) {
        value = parse_decimal(trim(object->text));
    } else {
        // P1 keeps a value without unit as the text it sent (power factors).
        const auto number =
            object->number || !row.unit.empty() ? object->number : parse_decimal(object->text);
        value = number ? convert_unit(*number, object->unit, quantity) : std::nullopt;
    }
    return value;
}

} // namespace gridbridge
