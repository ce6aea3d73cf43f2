#include "app/bundle/anonymous_recording.hpp"

#include "app/bundle/modbus_secrets.hpp"
#include "app/bundle/sml_secrets.hpp"
#include "app/bundle/telegram_secrets.hpp"
#include "app/bundle/text_secrets.hpp"
#include "app/bundle/wire_streams.hpp"
#include "drivers/text/characters.hpp"
#include "drivers/text/fnv.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <set>

namespace gridbridge {
namespace {

using Kind = Record::Kind;

bool is_tcp(const RecordedConnection& connection) {
    return connection.kind == WireKind::ModbusTcp;
}
bool signs(const RecordedConnection& connection) {
    return connection.meters.find("em580") != std::string::npos;
}

ModbusTalk talk_of(const Recording& recording, const RecordedConnection& connection) {
    std::vector<TalkPiece> pieces;
    for (const Record& record : recording.records) {
        if (record.connection == connection.number &&
            (record.kind == Kind::Sent || record.kind == Kind::Received)) {
            pieces.push_back({record.kind == Kind::Sent, record.bytes});
        }
    }
    return modbus_talk(is_tcp(connection), pieces);
}

void add_all(const SecretPlaces& places, SecretList& found) {
    for (const SecretPlace& place : places) {
        found.add(place.secret, SecretKind::Number);
    }
}

void find_on_wire(const Recording& recording, const RecordedConnection& connection, SecretList& found) {
    if (connection.dialect == WireDialect::Modbus) {
        const ModbusPlaces places = places_in_modbus(talk_of(recording, connection), signs(connection));
        add_all(places.received, found);
        add_all(places.sent, found);
        return;
    }
    for (const Kind kind : {Kind::Received, Kind::Sent}) {
        const Bytes stream = stream_of(recording.records, connection.number, kind);
        add_all(connection.dialect == WireDialect::Sml ? places_in_sml(stream)
                                                       : places_in_telegrams(connection.dialect, stream),
                found);
    }
}

// The portal id is the first or second level of most topics; a name is written to a topic of its own.
void find_in_message(const Record& message, SecretList& found) {
    const std::string payload(message.bytes.begin(), message.bytes.end());
    find_in_text(payload, found);
    const auto levels = split(message.text, '/');
    const bool is_venus = levels[0] == "N" || levels[0] == "R" || levels[0] == "W";
    if (levels.size() > 2 && (is_venus || levels[0] == "gridbridge")) {
        found.add(levels[1], SecretKind::Number);
    }
    if (levels.back() == "CustomName") {
        const auto value = payload.find("\"value\"");
        find_in_text(value == std::string::npos ? std::string() : "\"name\"" + payload.substr(value + 7),
                     found);
    }
}

void find_in_records(const Recording& recording, SecretList& found) {
    for (const Record& record : recording.records) {
        if (record.kind == Kind::Published) {
            add_device(record.text, found);
        } else if (record.kind == Kind::Message) {
            find_in_message(record, found);
        } else {
            find_in_text(record.text, found);
        }
    }
}

void put_wire(const RecordedConnection& connection, const Patterns& patterns, Recording& recording) {
    if (connection.dialect == WireDialect::Modbus) {
        const AnonymousTalk talk =
            anonymous_modbus(is_tcp(connection), talk_of(recording, connection), signs(connection), patterns);
        put_stream(talk.sent, connection.number, Kind::Sent, recording.records);
        put_stream(talk.received, connection.number, Kind::Received, recording.records);
        return;
    }
    for (const Kind kind : {Kind::Received, Kind::Sent}) {
        const Bytes stream = stream_of(recording.records, connection.number, kind);
        put_stream(connection.dialect == WireDialect::Sml
                       ? anonymous_sml(stream, patterns)
                       : anonymous_telegrams(connection.dialect, stream, patterns),
                   connection.number, kind, recording.records);
    }
}

// Of connections that nothing is known of.
void put_unknown_wires(const Patterns& patterns, Recording& recording) {
    std::set<unsigned> unknown;
    for (const Record& record : recording.records) {
        if (recording.connections.count(record.connection) == 0) {
            unknown.insert(record.connection);
        }
    }
    for (const unsigned number : unknown) {
        for (const Kind kind : {Kind::Received, Kind::Sent}) {
            put_stream(patterns.in_binary(stream_of(recording.records, number, kind)), number, kind,
                       recording.records);
        }
    }
}

// Form of fnv1a_hex().
bool is_hash(std::string_view text) {
    return text.size() == 16 && std::all_of(text.begin(), text.end(), is_hex_digit);
}

std::set<std::string> uris_in(const Recording& recording) {
    constexpr std::string_view mark = "uri = \"";
    std::set<std::string> uris;
    std::string text = recording.head.text;
    for (const auto& [number, connection] : recording.connections) {
        uris.insert(connection.name);
        text += '\n' + connection.meters;
    }
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
        const std::size_t begin = at + mark.size();
        const std::string uri = text.substr(begin, text.find('"', begin) - begin);
        uris.insert(uri);
        uris.insert(uri.substr(0, uri.find('?')));
    }
    return uris;
}

} // namespace

void find_in_recording(const Recording& recording, SecretList& found) {
    find_in_head(recording.head.text, found);
    found.add(recording.head.config_digest, SecretKind::Number);
    for (const auto& [number, connection] : recording.connections) {
        find_in_text(connection.name, found);
        find_in_text(connection.meters, found);
        find_on_wire(recording, connection, found);
    }
    find_in_records(recording, found);
}

void follow_uris(const Recording& recording, std::vector<Replacement>& replacements) {
    constexpr int most_unit = 247; // or channel, beside the URI
    if (std::none_of(replacements.begin(), replacements.end(),
                     [](const Replacement& known) { return is_hash(known.original); })) {
        return;
    }
    const Patterns patterns(replacements);
    for (const std::string& uri : uris_in(recording)) {
        const std::string other = patterns.in_text(uri);
        for (int unit = -1; unit <= most_unit && other != uri; ++unit) {
            const std::string suffix = unit < 0 ? std::string() : '#' + std::to_string(unit);
            const std::string made = fnv1a_hex(uri + suffix);
            const auto found = std::find_if(replacements.begin(), replacements.end(),
                                            [&](const Replacement& known) { return known.original == made; });
            if (found != replacements.end()) {
                found->text = fnv1a_hex(other + suffix);
            }
        }
    }
}

Recording anonymous_recording(Recording recording, const Patterns& patterns) {
    for (const auto& [number, connection] : recording.connections) {
        put_wire(connection, patterns, recording);
    }
    put_unknown_wires(patterns, recording);
    for (auto& [number, connection] : recording.connections) {
        connection.name = patterns.in_text(connection.name);
        connection.meters = patterns.in_text(connection.meters);
    }
    for (Record& record : recording.records) {
        record.text = patterns.in_text(record.text);
        if (record.kind != Kind::Received && record.kind != Kind::Sent) {
            record.bytes = patterns.in_text(record.bytes);
        }
    }
    recording.head.text = patterns.in_text(recording.head.text);
    recording.head.config_digest = patterns.in_text(recording.head.config_digest);
    return recording;
}

} // namespace gridbridge
