// Known coding faults of SML power values, repaired where the telegram itself says what is meant.
#pragma once

#include "drivers/stream/obis/telegram.hpp"

#include <string_view>

namespace gridbridge {

// Changes 16.7.0, 36.7.0, 56.7.0 and 76.7.0. Pure.
//
// - DZG DVS74 and relatives tag unsigned power of 1 to 3 bytes as signed: a negative value may be meant
//   unsigned, unless no meter has so much.
// - EFR SGM-DD leave out the sign extension of the low byte: 57 W of export come as 199 W in two bytes.
//
// Both readings of each such value are tried. The direction in the status word decides the total, and of the
// phases the readings whose sum is the total; without a status word, of a DZG, the serial numbers known for
// the fault. What nothing decides loses its number: it was sent, and cannot be read.
void repair_power(Telegram& telegram);

// Serial numbers of DZG meters with that fault (libsml, sml_list.c).
bool is_dzg(std::string_view server_id_hex);
bool is_dzg_fault_range(std::string_view server_id_hex);

} // namespace gridbridge
