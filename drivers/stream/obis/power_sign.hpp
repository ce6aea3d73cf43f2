// The sign of SML power values by the status word.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/stream/obis/telegram.hpp"

#include <cstdint>
#include <optional>

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

} // namespace gridbridge
