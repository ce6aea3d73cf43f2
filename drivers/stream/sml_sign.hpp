// The sign of SML power values: status word and coding faults.
#pragma once

#include "drivers/meter_config.hpp"
#include "drivers/stream/telegram.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace gridbridge {

// Status word of the meter: on an energy register, else the object 1-0:96.5.0.
std::optional<std::uint64_t> status_word(const Telegram& telegram);

// True when the status word says export. Two layouts: FNN meters (low byte 0x04, FNN Lastenheft mME) use bit
// 11, EDL21 and EDL40 meters bit 5.
bool is_fnn_status(std::uint64_t status);
bool says_export(std::uint64_t status);

// Gives a total power its sign. A negative value is signed already and stays. Auto: positive and direction
// bit set means export. Signed: as sent. Status: as Auto, but unknown while the meter sends no status word.
std::optional<double> signed_power(double power, std::optional<std::uint64_t> status, Direction direction);

// DZG DVS74 and relatives tag unsigned power of 1 to 3 bytes as signed. Recognised by the status word, which
// does not say export then; without a status word by the serial numbers known for it.
// Changes 16.7.0, 36.7.0, 56.7.0, 76.7.0.
void repair_unsigned_power(Telegram& telegram);

// Serial numbers of DZG meters with that fault (libsml, sml_list.c).
bool is_dzg(std::string_view server_id_hex);
bool is_dzg_fault_range(std::string_view server_id_hex);

} // namespace gridbridge
