// The registers of electricity in a telegram.
#pragma once

#include "drivers/stream/obis/obis_map.hpp"
#include "drivers/stream/obis/telegram.hpp"

#include <array>

namespace gridbridge {

// First value of each register, by row, and of the registers that have no row. An object that cannot be read
// is there too: it says that the meter has that register.
struct Registers {
    std::array<const ObisObject*, obis_rows.size()> objects{};
    const ObisObject* net_power = nullptr;         // 16.7.0
    const ObisObject* absolute_power = nullptr;    // 15.7.0
    const ObisObject* signed_import = nullptr;     // 1.7.1
    std::array<const ObisObject*, 3> net_phases{}; // 36, 56, 76.7.0
    const ObisObject* single_current = nullptr;    // 11.7.0, of a meter of one phase
    const ObisObject* single_voltage = nullptr;    // 12.7.0
    std::array<const ObisObject*, 3> angles{};     // 81.7.4, 15, 26: degrees from voltage to current

    // Where an object of this code belongs; null: nowhere.
    const ObisObject** find(Obis code);
    // c.d.e of obis_rows; null: not sent.
    const ObisObject* sent(std::uint8_t c, std::uint8_t d, std::uint8_t e = 0) const;
    bool has_total_power() const; // readable or not
};

// Whether objects of this code are values of a quantity, readable or not. Pure.
bool is_of_quantity(Obis code);

// Pure; points into `telegram`.
Registers registers_of(const Telegram& telegram);

} // namespace gridbridge
