// The options `phases` and `invert` of a meter: wiring mistakes put right in software. Pure.
#pragma once

#include "drivers/waist/reading.hpp"

#include <span>

namespace gridbridge {

// Input i of the meter is wired to phase `phases[i-1]` of the house; empty: as wired. Then the direction of
// the phases in `invert` (house phases) is turned: power, reactive power and power factor change sign,
// current becomes a magnitude for derive() to sign, import and export counter change places. With `invert`
// total power, reactive power and current are the sums of the phases; total energies change places when
// all phases are turned and are unknown otherwise, because the meter has counted them wrongly.
// Call on a fresh snapshot, before derive().
void apply_phase_options(Reading& reading, std::span<const int> phases, std::span<const int> invert);

} // namespace gridbridge
