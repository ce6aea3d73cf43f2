#include "app/recording/recorded_json.hpp"

#include "drivers/json/json.hpp"
#include "drivers/text/hex.hpp"
#include "drivers/text/json_bounds.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

constexpr int recording_form = 1;
constexpr std::size_t max_info = 40;
// Every byte of a record as \u0000 and a little around it.
constexpr JsonBounds recorded_bounds{6 * max_record_size + std::size_t{64} * 1024, 4, 100};

// How a kind of record is told, and what its fields are.
struct EventRow {
    Record::Kind kind;
    std::string_view name;
    std::string_view text = "text";
    std::string_view bytes = "bytes";
    std::string_view number = "number";
};
constexpr EventRow event_rows[] = {
    {Record::Kind::Opened, "opened"},
    {Record::Kind::Received, "received"},
    {Record::Kind::Sent, "sent"},
    {Record::Kind::Speed, "speed", "text", "bytes", "bit_per_s"},
    {Record::Kind::Woke, "woke late"},
    {Record::Kind::Failed, "failed"},
    {Record::Kind::Closed, "closed"},
    {Record::Kind::Message, "message", "topic", "payload", "retained"},
    {Record::Kind::Published, "published", "meter"},
    {Record::Kind::Note, "note"},
    {Record::Kind::ClockSet, "clock set", "text", "bytes", "wall_minus_monotonic_ns"},
    {Record::Kind::Cut, "cut", "text", "bytes", "was_open"},
    {Record::Kind::Said, "said", "topic", "payload", "retained"},
};

const EventRow& row_of(Record::Kind kind) {
    return *std::find_if(std::begin(event_rows), std::end(event_rows) - 1,
                         [kind](const EventRow& row) { return row.kind == kind; });
}

// A member, or `<name>_hex` for what JSON cannot have.
void set_text(OrderedJson& json, std::string_view name, std::string_view text) {
    const std::string key(name);
    text = text.substr(0, max_record_size);
    if (text.empty()) {
        return;
    }
    OrderedJson value = std::string(text);
    if (parse_json(write_json(value)) == Json(std::string(text))) {
        json[key] = std::move(value);
    } else {
        json[key + "_hex"] = hex_text({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    }
}

std::string text_in(const Json& json, std::string_view name) {
    const std::string key(name);
    if (const auto found = json.find(key); found != json.end() && found->is_string()) {
        return found->get<std::string>();
    }
    if (const auto found = json.find(key + "_hex"); found != json.end() && found->is_string()) {
        const auto bytes = bytes_of_hex(found->get_ref<const std::string&>());
        return bytes ? std::string(bytes->begin(), bytes->end()) : std::string();
    }
    return {};
}

std::optional<std::int64_t> number_in(const Json& json, std::string_view name) {
    const auto found = json.find(std::string(name));
    if (found == json.end() || !found->is_number_integer()) {
        return std::nullopt;
    }
    if (found->is_number_unsigned() && found->get<std::uint64_t>() > std::uint64_t{INT64_MAX}) {
        return std::nullopt;
    }
    return found->get<std::int64_t>();
}

unsigned connection_in(const Json& json) {
    const auto number = number_in(json, "connection");
    return number && *number > 0 && *number <= std::int64_t{UINT32_MAX} ? static_cast<unsigned>(*number) : 0U;
}

Json object_of(std::string_view text) {
    Json json = is_within(text, recorded_bounds) ? parse_json(text) : Json();
    return json.is_object() ? json : Json();
}

template <typename Value, std::size_t Size>
bool take(const Names<Value, Size>& names, const Json& json, std::string_view name, Value& value) {
    return take_name(names, text_in(json, name), value).empty();
}

} // namespace

std::string head_json(const RecordedHead& head) {
    OrderedJson json;
    json["gridbridge_recording"] = recording_form;
    set_text(json, "version", head.version);
    if (head.wall_minus_monotonic_ns) {
        json["wall_minus_monotonic_ns"] = *head.wall_minus_monotonic_ns;
    }
    set_text(json, "config_digest", head.config_digest);
    set_text(json, "text", head.text);
    return write_json(json);
}

std::optional<RecordedHead> head_of(std::string_view text) {
    const Json json = object_of(text);
    if (number_in(json, "gridbridge_recording") != recording_form) {
        return std::nullopt;
    }
    return RecordedHead{text_in(json, "version"), number_in(json, "wall_minus_monotonic_ns"),
                        text_in(json, "config_digest"), text_in(json, "text")};
}

std::string connection_json(const RecordedConnection& connection) {
    OrderedJson json;
    json["connection"] = connection.number;
    set_text(json, "name", connection.name);
    json["kind"] = name_in(wire_kind_names, connection.kind);
    json["dialect"] = name_in(wire_dialect_names, connection.dialect);
    set_text(json, "meters", connection.meters);
    return write_json(json);
}

std::optional<RecordedConnection> connection_of(std::string_view text) {
    const Json json = object_of(text);
    RecordedConnection connection;
    connection.number = connection_in(json);
    if (connection.number == 0 || !take(wire_kind_names, json, "kind", connection.kind) ||
        !take(wire_dialect_names, json, "dialect", connection.dialect)) {
        return std::nullopt;
    }
    connection.name = text_in(json, "name");
    connection.meters = text_in(json, "meters");
    return connection;
}

std::string event_json(const Record& record) {
    const EventRow& row = row_of(record.kind);
    OrderedJson json;
    json["event"] = row.name;
    if (record.connection != 0) {
        json["connection"] = record.connection;
    }
    set_text(json, row.text, record.text);
    set_text(json, row.bytes, {reinterpret_cast<const char*>(record.bytes.data()), record.bytes.size()});
    if (record.number != 0) {
        json[std::string(row.number)] = record.number;
    }
    return write_json(json);
}

std::optional<Record> event_of(std::string_view text) {
    const Json json = object_of(text);
    const std::string name = text_in(json, "event");
    const auto* const row = std::find_if(std::begin(event_rows), std::end(event_rows),
                                         [&](const EventRow& one) { return one.name == name; });
    if (row == std::end(event_rows)) {
        return std::nullopt;
    }
    Record record;
    record.kind = row->kind;
    record.connection = connection_in(json);
    record.text = text_in(json, row->text);
    const std::string bytes = text_in(json, row->bytes);
    record.bytes.assign(bytes.begin(), bytes.end());
    record.number = number_in(json, row->number).value_or(0);
    return record;
}

std::string event_info(const Record& record) {
    std::string info(row_of(record.kind).name);
    if (record.kind == Record::Kind::Speed) {
        info += " " + std::to_string(record.number) + " bit/s";
    }
    info += record.text.empty() ? "" : " " + record.text.substr(0, max_info);
    std::replace_if(
        info.begin(), info.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    return info;
}

} // namespace gridbridge
