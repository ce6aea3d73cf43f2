#include "drivers/modbus/signing/ocmf_registers.hpp"

#include "drivers/text/characters.hpp"
#include "drivers/text/hex.hpp"

#include <algorithm>
#include <iterator>

namespace gridbridge::ocmf {
namespace {

constexpr std::string_view marker = "<=>";
constexpr std::string_view head = "OCMF|";

std::vector<std::uint8_t> bytes_of(std::span<const std::uint16_t> words) {
    std::vector<std::uint8_t> bytes;
    bytes.reserve(2 * words.size());
    for (const std::uint16_t word : words) {
        bytes.push_back(static_cast<std::uint8_t>(word >> 8));
        bytes.push_back(static_cast<std::uint8_t>(word & 0xFF));
    }
    return bytes;
}

std::string_view payload_of(std::string_view record) {
    if (!record.starts_with(head)) {
        return {};
    }
    const std::size_t last = record.rfind('|');
    return record.substr(head.size(), last < head.size() ? std::string_view::npos : last - head.size());
}

// The text of a key: `"TT": "..."`. The texts themselves hold no quotation marks.
std::string_view text_at(std::string_view payload, std::string_view quoted_key) {
    std::size_t at = payload.find(quoted_key);
    if (at == std::string_view::npos) {
        return {};
    }
    at = payload.find_first_not_of(" :", at + quoted_key.size());
    if (at == std::string_view::npos || payload[at] != '"') {
        return {};
    }
    return payload.substr(at + 1, payload.find('"', at + 1) - at - 1);
}

// A number or a text of an object without objects in it, at most `longest` characters; else empty.
std::string member_of(std::string_view object, std::string_view quoted_key) {
    constexpr std::size_t longest = 64;
    std::size_t at = object.find(quoted_key);
    at = at == std::string_view::npos ? at : object.find_first_not_of(" :", at + quoted_key.size());
    if (at == std::string_view::npos) {
        return {};
    }
    const bool is_text = object[at] == '"';
    at += is_text ? 1 : 0;
    const std::size_t end = object.find_first_of(is_text ? "\"" : " ,}", at);
    const std::string_view value = object.substr(at, end == std::string_view::npos ? end : end - at);
    return end == std::string_view::npos || value.size() > longest ? std::string() : std::string(value);
}

// The objects in the list of the readings; texts hold no quotation marks, so the key is found for certain.
std::string_view readings_of(std::string_view record) {
    const std::string_view payload = payload_of(record);
    const std::size_t key = payload.find("\"RD\"");
    const std::size_t begin = key == std::string_view::npos ? key : payload.find('[', key);
    const std::size_t end = begin == std::string_view::npos ? begin : payload.find(']', begin);
    return end == std::string_view::npos ? std::string_view() : payload.substr(begin, end - begin);
}

std::string_view last_reading(std::string_view record) {
    const std::string_view readings = readings_of(record);
    const std::size_t at = readings.rfind('{');
    return at == std::string_view::npos ? std::string_view() : readings.substr(at);
}

RecordReading reading_in(std::string_view object) {
    return {member_of(object, "\"TM\""), member_of(object, "\"RV\""), member_of(object, "\"RU\""),
            member_of(object, "\"RI\"")};
}

} // namespace

RecordReading begin_of_record(std::string_view record) {
    const std::string_view readings = readings_of(record);
    return reading_in(readings.substr(0, readings.find('}') + 1));
}

RecordReading end_of_record(std::string_view record) {
    return reading_in(last_reading(record));
}

std::string end_reason(std::string_view record) {
    return member_of(last_reading(record), "\"TX\"");
}

std::string hex_of(std::span<const std::uint16_t> words) {
    return hex_text(bytes_of(words), HexCase::Upper);
}

std::optional<KeyLayout> key_layout(std::uint16_t type) {
    switch (type) {
    case 0:
        return KeyLayout{33, 46, 32};
    case 1:
        return KeyLayout{49, 62, 48};
    default:
        return std::nullopt;
    }
}

std::string raw_key_of(std::span<const std::uint16_t> words) {
    constexpr std::uint8_t uncompressed = 0x04;
    std::vector<std::uint8_t> bytes = bytes_of(words);
    if (bytes.size() < 2 || bytes.front() != uncompressed) {
        return {};
    }
    bytes.pop_back(); // a filler
    return hex_text(bytes, HexCase::Upper);
}

std::string der_key_of(std::span<const std::uint16_t> words) {
    constexpr std::uint8_t sequence = 0x30;
    const std::vector<std::uint8_t> bytes = bytes_of(words);
    if (bytes.size() < 2 || bytes[0] != sequence || bytes[1] >= 0x80 ||
        bytes[1] + std::size_t{2} > bytes.size()) {
        return {};
    }
    return hex_text(std::span(bytes).first(bytes[1] + std::size_t{2}), HexCase::Upper);
}

std::string decode_text(std::span<const std::uint16_t> words) {
    std::string text;
    for (const std::uint8_t byte : bytes_of(words)) {
        if (byte == 0) {
            break;
        }
        text += static_cast<char>(byte);
    }
    return text;
}

std::vector<std::uint16_t> encode_text(std::string_view text) {
    std::vector<std::uint16_t> words(text.size() / 2 + 1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        words[i / 2] = static_cast<std::uint16_t>(words[i / 2] | byte << (i % 2 == 0 ? 8 : 0));
    }
    return words;
}

std::string_view shortened(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) {
        return text;
    }
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) {
        --bytes;
    }
    return text.substr(0, bytes);
}

std::string tariff_with_id(const StartTransaction& start) {
    return std::string(shortened(start.tariff_text, max_tariff_bytes)) + std::string(marker) +
           start.transaction_id;
}

std::string id_behind_marker(std::string_view text) {
    const std::size_t at = text.rfind(marker);
    if (at == std::string_view::npos) {
        return {};
    }
    std::string_view id = text.substr(at + marker.size());
    if (is_uuid(id.substr(0, transaction_id_bytes))) {
        return std::string(id.substr(0, transaction_id_bytes));
    }
    id = id.substr(0, id.find_last_not_of(' ') + 1);
    return is_transaction_id(id) ? std::string(id) : std::string();
}

std::string problem_with(const StartTransaction& start) {
    if (!is_transaction_id(start.transaction_id)) {
        return "the transaction id is none that a record can hold";
    }
    if (!start.shorten && (start.evse_id.size() > max_identification_bytes ||
                           start.identification_data.size() > max_identification_bytes)) {
        return "EVSE id and identification hold at most " + std::to_string(max_identification_bytes) +
               " bytes";
    }
    if (!is_record_text(start.evse_id) || !is_record_text(start.identification_data) ||
        !is_record_text(start.tariff_text)) {
        return "control characters and | \" \\ cannot be part of a record";
    }
    return {};
}

std::vector<Write> writes_for(const StartTransaction& start) {
    const auto word = [](int number) { return static_cast<std::uint16_t>(number); };
    std::vector<std::uint16_t> flags;
    std::transform(start.identification_flags.begin(), start.identification_flags.end(),
                   std::back_inserter(flags), word);
    return {
        {0x7000_reg, {word(start.identification_assigned ? 1 : 0)}},
        {0x7001_reg, {word(start.identification_level)}},
        {0x7002_reg, std::move(flags)},
        {0x7006_reg, {word(start.identification_type)}},
        {0x7007_reg, encode_text(shortened(start.identification_data, max_identification_bytes))},
        {0x701B_reg, {0}}, // the next one is an EVSE id
        {0x701C_reg, encode_text(shortened(start.evse_id, max_identification_bytes))},
        {text_register, encode_text(tariff_with_id(start))},
        {0x7036_reg, {word(start.modality)}},
    };
}

std::vector<std::uint16_t> encode_time(std::int64_t unix_seconds) {
    std::vector<std::uint16_t> words;
    for (int shift = 0; shift < 64; shift += 16) {
        words.push_back(
            static_cast<std::uint16_t>(static_cast<std::uint64_t>(unix_seconds) >> shift & 0xFFFF));
    }
    return words;
}

bool is_record(std::string_view record) {
    const std::string_view payload = payload_of(record);
    const std::size_t last = record.rfind('|');
    if (payload.empty() || last < head.size()) {
        return false;
    }
    const std::string_view signature = record.substr(last + 1);
    return payload.starts_with('{') && payload.ends_with('}') && signature.starts_with('{') &&
           signature.ends_with('}');
}

std::string id_of_record(std::string_view record) {
    const std::string_view payload = payload_of(record);
    std::string id = id_behind_marker(text_at(payload, "\"TT\""));
    if (!id.empty()) {
        return id;
    }
    const std::string_view page = text_at(payload, "\"PG\"");
    const bool is_number = page.size() > 1 && page.size() <= 20 && page.front() == 'T' &&
                           std::all_of(page.begin() + 1, page.end(), is_digit);
    return is_number ? std::string(page) : std::string();
}

} // namespace gridbridge::ocmf
