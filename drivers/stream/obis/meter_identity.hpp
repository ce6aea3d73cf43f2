// Who sent a telegram.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/stream/obis/telegram.hpp"
#include "drivers/waist/reading.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

// Identity of the meter that sent `telegram`. Pure. Without a serial number it is made from the URI.
MeterInfo describe_meter(const Telegram& telegram, const MeterConfig& meter, const std::string& connection,
                         std::optional<std::chrono::milliseconds> interval);

// It counts heat or cold, no electricity.
bool is_heat_meter(const Telegram& telegram);

// An identity for a meter that tells none: a hash of `uri`.
std::string serial_from_uri(std::string_view uri);

// What was recognised, for people: "DSMR 5.0, Iskraemeco ISK5\\2M550T-1012". Pure.
std::string dialect_of(const Telegram& telegram, DriverKind driver);

} // namespace gridbridge
