#include "drivers/stream/obis/kept_telegram.hpp"

#include "drivers/stream/obis/decimal.hpp"
#include "drivers/stream/obis/obis_registers.hpp"
#include "drivers/stream/obis/object_list.hpp"
#include "drivers/text/hex.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace gridbridge {
namespace {

bool lacks_line_end(DriverKind dialect, std::span<const std::uint8_t> raw) {
    if (raw.empty() || raw.back() == '\n') {
        return false;
    }
    const LineEnd end = driver_row(dialect).line_end;
    return end == LineEnd::Always || (end == LineEnd::BehindMark && raw.back() == '!');
}

// A number with a unit, or the value of a quantity that has none; digits of an identity stay a text.
std::optional<double> number_of(const ObisObject& object) {
    if (object.number || !object.groups.empty() || !is_of_quantity(object.code)) {
        return object.number;
    }
    return parse_decimal(trim(object.text));
}

// Telegrams in octets: SML, and encrypted ones.
bool is_text(const MeterConfig& meter) {
    return driver_row(meter.driver).sends_text && meter.key.empty();
}

std::string readable(std::span<const std::uint8_t> raw, const MeterConfig& meter) {
    if (!is_text(meter)) {
        return hex_text(raw);
    }
    std::string text;
    for (const std::uint8_t byte : with_line_end(meter.driver, raw)) {
        text += static_cast<char>(driver_row(meter.driver).is_asked ? byte & 0x7FU : byte); // 7E1 as 8N1
    }
    return text;
}

} // namespace

std::vector<std::uint8_t> with_line_end(DriverKind dialect, std::span<const std::uint8_t> raw) {
    std::vector<std::uint8_t> bytes(raw.begin(), raw.end());
    if (lacks_line_end(dialect, raw)) {
        const bool carriage_return = std::find(raw.begin(), raw.end(), '\r') != raw.end();
        bytes.insert(bytes.end(), carriage_return ? 1 : 0, '\r');
        bytes.push_back('\n');
    }
    return bytes;
}

SharedTelegram copy_telegram(const Telegram& telegram, std::span<const std::uint8_t> raw,
                             const MeterConfig& meter, bool is_queried) {
    auto copy = std::make_shared<TelegramCopy>();
    copy->size = raw.size();
    if (is_queried) {
        const auto kept = raw.first(std::min(raw.size(), TelegramCopy::max_raw));
        copy->raw.assign(kept.begin(), kept.end());
    }
    if (meter.raw) {
        copy->text = readable(raw, meter);
    }
    if (is_queried || publishes_objects(meter)) {
        copy->values.reserve(telegram.objects.size());
        for (const ObisObject& object : telegram.objects) {
            copy->values.push_back(
                {name_of(object), value_text(object), object.unit, number_of(object), object.time});
        }
    }
    return copy;
}

} // namespace gridbridge
