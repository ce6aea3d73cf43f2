// An SML file (the payload of a transport frame) as a telegram.
#pragma once

#include "drivers/stream/obis/telegram.hpp"
#include "drivers/text/label.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace gridbridge {

enum class SmlFileResult : std::uint8_t { Telegram, NoMeasurements, Malformed, BadMessageChecksum };

// Reads the entries of every GetListResponse, by position (BSI TR-03109-1 annex IV, chapter 5.1). Replaces
// `out`. `payload` is unescaped; fill bytes at its end do no harm. An entry with an unexpected structure is
// left out. Values of meters with a known coding fault are repaired (power_repair.hpp).
SmlFileResult parse_sml_file(std::span<const std::uint8_t> payload, Telegram& out);

// DIN 43863-5 identification as printed on the meter: "0a01445a47000282225e" (hex) is "1DZG0042082910".
// Octets that are a label come back as text, anything else unchanged.
Label sml_serial(std::string_view server_id_hex);

} // namespace gridbridge
