#include "mqtt/status/query_telegram.hpp"

#include "drivers/text/hex.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

namespace gridbridge {
namespace {

constexpr std::string_view null_line = "null\n";

bool shows(unsigned char c) {
    return c >= 0x20 && c != 0x7F;
}

bool is_text(std::span<const std::uint8_t> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t c) {
        return shows(c) || c == '\r' || c == '\n' || c == 0x02 || c == 0x03; // STX and ETX of IEC 62056-21
    });
}

} // namespace

std::string line_text(std::string_view text) {
    std::string line(text);
    std::replace_if(
        line.begin(), line.end(), [](char c) { return !shows(static_cast<unsigned char>(c)); }, '?');
    return line;
}

std::string telegram_answer(const TelegramCopy* telegram) {
    if (telegram == nullptr) {
        return std::string(null_line);
    }
    const auto& raw = telegram->raw;
    std::string text = is_text(raw) ? std::string(raw.begin(), raw.end()) : hex_text(raw);
    if (telegram->size > raw.size()) {
        text += "\n... " + std::to_string(telegram->size - raw.size()) + " bytes more";
    }
    return text + "\n";
}

std::string obis_answer(const TelegramCopy* telegram, std::string_view code) {
    if (telegram == nullptr) {
        return std::string(null_line);
    }
    for (const ObisValue& object : telegram->values) {
        const std::string_view known = object.code;
        const std::size_t colon = known.find(':');
        if (known == code || (colon != std::string_view::npos && known.substr(colon + 1) == code)) {
            return line_text(object.value) + (object.unit.empty() ? "" : " " + line_text(object.unit)) + "\n";
        }
    }
    return std::string(null_line);
}

bool looks_like_obis(std::string_view text) {
    return text.find_first_not_of("0123456789-:.*") == std::string_view::npos &&
           std::count(text.begin(), text.end(), '.') >= 2;
}

} // namespace gridbridge
