// The quantities that a meter may measure per phase, each known by its total.
#pragma once

#include "drivers/waist/quantity.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace gridbridge {

inline constexpr std::array per_phase_totals{
    Quantity::Power,         Quantity::Current,     Quantity::Voltage,       Quantity::ApparentPower,
    Quantity::ReactivePower, Quantity::PowerFactor, Quantity::EnergyForward, Quantity::EnergyReverse};

// L1, L2, L3 of one of these.
constexpr std::array<Quantity, 3> phases_of(Quantity total) {
    return {of_phase(total, 1), of_phase(total, 2), of_phase(total, 3)};
}

// 1..3, or 0: it belongs to no phase of `totals`.
constexpr int phase_of(Quantity quantity, std::span<const Quantity> totals = per_phase_totals) {
    for (const Quantity total : totals) {
        const int phase = static_cast<int>(quantity) - static_cast<int>(total);
        if (phase >= 1 && phase <= 3) {
            return phase;
        }
    }
    return 0;
}

constexpr bool phase_names_fit() {
    constexpr std::array<std::string_view, 3> ends{"_l1", "_l2", "_l3"};
    return std::all_of(per_phase_totals.begin(), per_phase_totals.end(), [&](Quantity total) {
        const std::string_view name = quantity_table[index_of(total)].name;
        for (std::size_t i = 0; i < ends.size(); ++i) {
            const std::string_view phase = quantity_table[index_of(phases_of(total)[i])].name;
            if (phase.substr(0, name.size()) != name || phase.substr(name.size()) != ends[i]) {
                return false;
            }
        }
        return true;
    });
}
static_assert(phase_names_fit(), "L1, L2 and L3 follow their total in the enumeration");

} // namespace gridbridge
