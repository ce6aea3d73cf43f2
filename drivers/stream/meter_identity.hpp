// Who sent a telegram.
#pragma once

#include "drivers/meter_config.hpp"
#include "drivers/reading.hpp"
#include "drivers/stream/telegram.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace gridbridge {

// Identity of the meter that sent `telegram`. Pure. Without a serial number it is made from the URI.
MeterInfo describe_meter(const Telegram& telegram, const MeterConfig& meter, const std::string& connection,
                         std::optional<std::chrono::milliseconds> interval);

} // namespace gridbridge
