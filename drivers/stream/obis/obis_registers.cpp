#include "drivers/stream/obis/obis_registers.hpp"

#include <algorithm>
#include <tuple>

namespace gridbridge {
namespace {

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

std::size_t row_of(Obis code) {
    const auto* const row =
        std::lower_bound(obis_rows.begin(), obis_rows.end(), std::tuple(code.c, code.d, code.e),
                         [](const ObisRow& r, const auto& wanted) { return code_of(r) < wanted; });
    const bool found = row != obis_rows.end() && code_of(*row) == std::tuple(code.c, code.d, code.e);
    return found ? static_cast<std::size_t>(row - obis_rows.begin()) : obis_rows.size();
}

} // namespace

const ObisObject** Registers::find(Obis code) {
    if (const std::size_t row = row_of(code); row < objects.size()) {
        return &objects[row];
    }
    if (code.d == 7 && code.e == 0 && (code.c == 36 || code.c == 56 || code.c == 76)) {
        return &net_phases[(code.c - 36U) / 20U];
    }
    if (code.c == 81 && code.d == 7 && (code.e == 4 || code.e == 15 || code.e == 26)) {
        return &angles[(code.e - 4U) / 11U];
    }
    if (code.d == 7 && code.e == 0 && code.c == 16) {
        return &net_power;
    }
    if (code.d == 7 && code.e == 0 && code.c == 15) {
        return &absolute_power;
    }
    if (code.d == 7 && code.e == 0 && code.c == 11) {
        return &single_current;
    }
    if (code.d == 7 && code.e == 0 && code.c == 12) {
        return &single_voltage;
    }
    return code.d == 7 && code.c == 1 && code.e == 1 ? &signed_import : nullptr;
}

const ObisObject* Registers::sent(std::uint8_t c, std::uint8_t d, std::uint8_t e) const {
    const std::size_t row = row_of({1, 0, c, d, e});
    return row < objects.size() ? objects[row] : nullptr;
}

bool Registers::has_total_power() const {
    return net_power != nullptr || absolute_power != nullptr || signed_import != nullptr ||
           sent(1, 7) != nullptr || sent(2, 7) != nullptr;
}

bool is_of_quantity(Obis code) {
    if (code.a == 1) {
        Registers registers;
        return code.b <= 1 && code.f == 255 && registers.find(code) != nullptr;
    }
    return code.a == 0 && code.b == 0 &&
           std::any_of(abstract_rows.begin(), abstract_rows.end(), [&](const ObisRow& row) {
               return code_of(row) == std::tuple(code.c, code.d, code.e);
           });
}

// Objects 1-1 after those of 1-0; of one with several groups nothing can be read, so another one goes first.
Registers registers_of(const Telegram& telegram) {
    Registers registers;
    for (const bool has_groups : {false, true}) {
        for (const std::uint8_t b : {std::uint8_t{0}, std::uint8_t{1}}) {
            for (const ObisObject& object : telegram.objects) {
                if (object.code.a != 1 || object.code.b != b || object.code.f != 255 ||
                    object.groups.empty() == has_groups) {
                    continue;
                }
                const ObisObject** slot = registers.find(object.code);
                if (slot != nullptr && *slot == nullptr) {
                    *slot = &object;
                }
            }
        }
    }
    return registers;
}

} // namespace gridbridge
