// Telegrams made of objects.
#pragma once

#include "drivers/stream/obis/obis_map.hpp"
#include "tests/drivers/stream/support.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridbridge::test {

inline ObisObject number(std::string_view code, double value, std::string unit) {
    ObisObject object;
    object.code = parse_obis(code).value();
    object.number = value;
    object.unit = std::move(unit);
    return object;
}

inline ObisObject with_status(ObisObject object, std::uint64_t status) {
    object.status = status;
    return object;
}

inline ObisObject encoded(ObisObject object, std::uint8_t bytes, std::int8_t scaler) {
    object.encoded_bytes = bytes;
    object.scaler = scaler;
    return object;
}

inline Telegram telegram_of(std::vector<ObisObject> objects) {
    Telegram telegram;
    telegram.objects = std::move(objects);
    return telegram;
}

inline std::optional<double> power_of(std::vector<ObisObject> objects,
                                      Direction direction = Direction::Auto) {
    return to_reading(telegram_of(std::move(objects)), direction).get(Quantity::Power);
}

// One that was sent, but cannot be read.
inline ObisObject garbled(std::string_view code) {
    ObisObject object;
    object.code = parse_obis(code).value();
    object.text = "0?.1";
    return object;
}

inline constexpr std::uint64_t edl_import = 0x182;
inline constexpr std::uint64_t edl_export = 0x1A2;
inline constexpr std::uint64_t fnn_import = 0x1C0104;
inline constexpr std::uint64_t fnn_export = 0x1C0904;

} // namespace gridbridge::test
