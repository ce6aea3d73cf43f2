// What leaves a stream driver beside readings: the telegram itself. Pure.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/stream/obis/telegram.hpp"
#include "drivers/waist/telegram_copy.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace gridbridge {

// `raw` as a reader of the meter's own port would see it: dialects whose telegrams end with a line get the
// line end that the decoder leaves out, CR LF or LF as the telegram itself uses. Clients search for it.
std::vector<std::uint8_t> with_line_end(DriverKind dialect, std::span<const std::uint8_t> raw);

// What `meter` publishes of its telegrams, and what queries ask for if they are answered.
SharedTelegram copy_telegram(const Telegram& telegram, std::span<const std::uint8_t> raw,
                             const MeterConfig& meter, bool is_queried);

} // namespace gridbridge
