#include "drivers/stream/sml/sml_file.hpp"

#include "drivers/stream/obis/decimal.hpp"
#include "drivers/stream/obis/power_repair.hpp"
#include "drivers/stream/sml/sml_tlv.hpp"
#include "drivers/text/crc16.hpp"
#include "drivers/text/hex.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::uint64_t get_list_response = 0x0701;

struct UnitName {
    std::uint8_t code;
    std::string_view name;
};
// DLMS unit codes (IEC 62056-6-2, table 4).
constexpr std::array unit_names{
    UnitName{8, "deg"}, UnitName{9, "degC"}, UnitName{13, "m3"}, UnitName{19, "l"},   UnitName{27, "W"},
    UnitName{28, "VA"}, UnitName{29, "var"}, UnitName{30, "Wh"}, UnitName{31, "VAh"}, UnitName{32, "varh"},
    UnitName{33, "A"},  UnitName{35, "V"},   UnitName{44, "Hz"}, UnitName{56, "%"},
};

std::string_view unit_name(std::uint64_t code) {
    const auto* row = std::find_if(unit_names.begin(), unit_names.end(),
                                   [&](const UnitName& unit) { return unit.code == code; });
    return row == unit_names.end() ? std::string_view() : row->name;
}

// What is none of these has neither number nor text: it was sent, and cannot be read.
void set_value(ObisObject& object, const SmlElement& value) {
    const auto number = value.type == SmlType::Signed ? value.as_signed() : std::nullopt;
    const auto natural = value.type == SmlType::Unsigned ? value.as_unsigned() : std::nullopt;
    if (number) {
        object.number = scale_decimal(*number, object.scaler);
    } else if (natural) {
        object.number = scale_decimal(*natural, object.scaler);
    } else if (value.type == SmlType::Boolean && value.data.size() == 1) {
        object.number = value.data[0] != 0 ? 1.0 : 0.0;
    } else if (value.type == SmlType::Octets) {
        object.text = hex_text(value.data);
        return;
    }
    object.encoded_bytes = static_cast<std::uint8_t>(std::min<std::size_t>(value.data.size(), 255));
}

// Entry: objName, status, valTime, unit, scaler, value, valueSignature. Times come as a choice list or bare
// (Holley DTZ541), so they are stepped over whatever they are.
bool parse_entry(SmlReader& reader, Telegram& out) {
    if (!reader.enter_list(7)) {
        return false;
    }
    const auto name = reader.next();
    const auto status = name ? reader.next() : std::nullopt;
    const bool timed = status && reader.skip();
    const auto unit = timed ? reader.next() : std::nullopt;
    const auto scaler = unit ? reader.next() : std::nullopt;
    const auto value = scaler ? reader.next() : std::nullopt;
    if (!value || value->type == SmlType::List || !reader.skip()) {
        return false;
    }
    if (name->type != SmlType::Octets || name->data.size() != 6) {
        return true;
    }
    ObisObject& object = out.objects.emplace_back();
    const auto octets = name->data;
    object.code = {octets[0], octets[1], octets[2], octets[3], octets[4], octets[5]};
    object.status = status->as_unsigned();
    object.unit = unit_name(unit->as_unsigned().value_or(255));
    if (value->absent()) {
        out.objects.pop_back();
        return true;
    }
    const bool is_integer8 = scaler->type == SmlType::Signed && scaler->data.size() == 1;
    object.scaler = is_integer8 ? static_cast<std::int8_t>(scaler->data[0]) : std::int8_t{0};
    set_value(object, *value);
    if (!is_integer8 && !scaler->absent()) { // a guess would be ten times the value
        object.number.reset();
    }
    return true;
}

// GetListResponse: clientId, serverId, listName, actSensorTime, valList, listSignature, actGatewayTime.
bool parse_list_response(SmlReader& reader, Telegram& out) {
    if (!reader.enter_list(7) || !reader.skip()) {
        return false;
    }
    const auto server_id = reader.next();
    if (!server_id || server_id->type != SmlType::Octets || !reader.skip() || !reader.skip()) {
        return false;
    }
    const std::string sender = hex_text(server_id->data);
    if (!out.server_id.empty() && !sender.empty() && sender != out.server_id) {
        return false; // two meters in one file: their values would be mixed
    }
    out.server_id = sender.empty() ? out.server_id : sender;
    const auto list = reader.next();
    if (!list || list->type != SmlType::List) {
        return false;
    }
    for (std::size_t i = 0; i < list->count; ++i) {
        SmlReader entry = reader;
        if (parse_entry(entry, out)) {
            reader = entry;
        } else if (!reader.skip()) {
            return false;
        }
    }
    return reader.skip() && reader.skip();
}

// The checksum is stored low byte first; some Holley firmware sends the Kermit variant high byte first. A
// zero high byte may be left out.
bool is_message_checksum(std::uint64_t sent, std::span<const std::uint8_t> message) {
    const unsigned x25 = crc16_x25(message);
    const unsigned swapped = ((x25 & 0xFFU) << 8U) | (x25 >> 8U);
    return sent == swapped || sent == crc16_kermit(message);
}

// Message: transactionId, groupNo, abortOnError, messageBody (tag, body), crc16, endOfSmlMsg.
SmlFileResult parse_message(SmlReader& reader, Telegram& out) {
    const auto whole = reader.rest();
    const std::size_t start = reader.position();
    if (!reader.enter_list(6) || !reader.skip() || !reader.skip() || !reader.skip() ||
        !reader.enter_list(2)) {
        return SmlFileResult::Malformed;
    }
    const auto tag = reader.next();
    const bool is_list = tag && tag->as_unsigned() == get_list_response;
    if (!tag || !(is_list ? parse_list_response(reader, out) : reader.skip())) {
        return SmlFileResult::Malformed;
    }
    const auto covered = whole.first(reader.position() - start);
    const auto checksum = reader.next();
    const auto sent = checksum ? checksum->as_unsigned() : std::nullopt;
    const auto end = reader.next();
    if (!sent || !end || end->type != SmlType::EndOfMessage) {
        return SmlFileResult::Malformed;
    }
    if (!is_message_checksum(*sent, covered)) {
        return SmlFileResult::BadMessageChecksum;
    }
    return is_list ? SmlFileResult::Telegram : SmlFileResult::NoMeasurements;
}

// Device identification of meters that leave serverId empty, and the firmware version.
void identify(Telegram& out) {
    for (const ObisObject& object : out.objects) {
        const bool is_id =
            object.code == Obis{1, 0, 96, 1, 0, 255} || object.code == Obis{1, 0, 0, 0, 9, 255};
        if (out.server_id.empty() && is_id) {
            out.server_id = object.text;
        }
        if (object.code == Obis{1, 0, 0, 2, 0, 0}) {
            out.firmware = text_from_hex(object.text).value_or(object.text);
        }
    }
    Label serial = sml_serial(out.server_id);
    out.serial = std::move(serial.text);
    out.former_serial = std::move(serial.former);
}

} // namespace

SmlFileResult parse_sml_file(std::span<const std::uint8_t> payload, Telegram& out) {
    out.objects.clear();
    out.server_id.clear();
    out.firmware.clear();
    SmlFileResult result = SmlFileResult::NoMeasurements;
    SmlReader reader(payload);
    for (auto rest = reader.rest(); !rest.empty(); rest = reader.rest()) {
        if (rest[0] == 0) { // fill byte
            reader.next();
            continue;
        }
        const SmlFileResult message = parse_message(reader, out);
        if (message == SmlFileResult::Malformed || message == SmlFileResult::BadMessageChecksum) {
            return message;
        }
        if (message == SmlFileResult::Telegram) {
            result = message;
        }
    }
    if (result == SmlFileResult::Telegram && out.objects.empty()) {
        return SmlFileResult::NoMeasurements;
    }
    identify(out);
    repair_power(out);
    return result;
}

Label sml_serial(std::string_view server_id_hex) {
    constexpr std::size_t din_digits = 20;
    const bool is_din = server_id_hex.size() == din_digits &&
                        (server_id_hex.starts_with("0a01") || server_id_hex.starts_with("0901"));
    const auto maker = is_din ? text_from_hex(server_id_hex.substr(4, 6)) : std::nullopt;
    if (!maker) {
        return label_of_octets(server_id_hex);
    }
    std::uint32_t number = 0;
    std::from_chars(server_id_hex.data() + 12, server_id_hex.data() + din_digits, number, 16);
    std::string digits = std::to_string(number);
    digits.insert(0, digits.size() < 8 ? 8 - digits.size() : 0, '0');
    const std::string printed = "1" + *maker + std::string(server_id_hex.substr(10, 2)) + digits;
    return is_label(*maker) ? Label{printed, {}} : Label{std::string(server_id_hex), printed};
}

} // namespace gridbridge
