#include "drivers/stream/obis/kept_telegram.hpp"

#include "drivers/text/number.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

bool lacks_line_end(DriverKind dialect, std::span<const std::uint8_t> raw) {
    if (raw.empty() || raw.back() == '\n') {
        return false;
    }
    const LineEnd end = driver_row(dialect).line_end;
    return end == LineEnd::Always || (end == LineEnd::BehindMark && raw.back() == '!');
}

std::string text_of(const ObisObject& object) {
    if (object.number) {
        return number_text(*object.number);
    }
    if (!object.groups.empty()) {
        std::string text;
        for (const std::string& group : object.groups) {
            text += "(" + group + ")";
        }
        return text;
    }
    return object.text;
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

SharedTelegram copy_telegram(const Telegram& telegram, std::span<const std::uint8_t> raw) {
    auto copy = std::make_shared<TelegramCopy>();
    const auto kept = raw.first(std::min(raw.size(), TelegramCopy::max_raw));
    copy->raw.assign(kept.begin(), kept.end());
    copy->size = raw.size();
    copy->values.reserve(telegram.objects.size());
    for (const ObisObject& object : telegram.objects) {
        copy->values.push_back({to_text(object.code), text_of(object), object.unit});
    }
    return copy;
}

} // namespace gridbridge
