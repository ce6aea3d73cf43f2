// What several meters measure together, from one reading of each. Pure.
#pragma once

#include "drivers/waist/reading.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gridbridge {

// Sum: of all. Difference: the first without the others. Net: single-phase meters of L1, L2 and L3 as one
// meter.
enum class CombineRule : std::uint8_t { Sum, Difference, Net };

// A member of a combination, at the moment that is combined.
using MemberReadings = std::span<const Reading* const>;

// What a counter of the combination is made of: the value of each member, in order, with its sign.
struct CounterTerms {
    Quantity quantity;
    std::vector<double> values;
    std::vector<int> signs; // 1 or -1; 0: of another phase
};

// All but counters; what is not known of every member is unknown. Its time is that of the oldest reading.
// Powers are added, total and per phase; currents, which have the sign of their power, where all members
// measure the same phases. Voltages and frequency are those of the first member. What has no sum (power
// factors, apparent power, limits, states) is unknown.
Reading combined_values(CombineRule rule, MemberReadings members);

// Of every counter that each member has.
std::vector<CounterTerms> combined_counters(CombineRule rule, MemberReadings members);

// Why these cannot be combined by the rule, for people; empty: they can.
std::string why_not_combined(CombineRule rule, MemberReadings members);

} // namespace gridbridge
