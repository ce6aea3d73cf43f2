// Total and phase powers of a telegram: what has a sign, what can be read, what one value proves of another.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/stream/obis/obis_registers.hpp"
#include "drivers/waist/reading.hpp"

#include <bitset>
#include <string_view>

namespace gridbridge {

// Quantities of which a register was sent that cannot be read: no sum may stand on the others.
using Unreadable = std::bitset<quantity_count>;

// Completes the powers of `reading`, which has those of obis_rows. Pure.
//
// The total is 16.7.0 if sent, else 1.7.0 - 2.7.0, else 15.7.0, else 1.7.1; `direction` says how 16.7.0 and
// 15.7.0 get their sign (power_sign.hpp). 15.7.0 without a sign takes that of signed phases whose sum has its
// magnitude; it is import where the meter counts no export, else unknown.
//
// Phases without a sign (21, 41, 61.7.0 alone) agree with the total, or are all its opposite, or are unknown.
// Where only a total is sent, phases are U x I x cos(angle) if their sum is the total within the larger of 5
// % and 50 W, and are scaled to it; a meter that tells nothing of phases 2 and 3 has its total on phase 1.
void set_powers(const Telegram& telegram, const Registers& registers, Direction direction,
                const Unreadable& unreadable, Reading& reading);

// What its owner should know of powers that are unknown; empty: nothing.
std::string_view power_advice(const Telegram& telegram, const Reading& reading);

} // namespace gridbridge
