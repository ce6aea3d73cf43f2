#include "app/bundle/sml_secrets.hpp"

#include "app/bundle/sml_frames.hpp"
#include "drivers/stream/sml/sml_file.hpp"
#include "drivers/stream/sml/sml_tlv.hpp"
#include "drivers/text/crc16.hpp"
#include "drivers/text/hex.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>

namespace gridbridge {
namespace {

constexpr std::uint8_t one_of_escape = 0x1B;
constexpr std::size_t escape_size = 4;

// What stands before an identification, and how many elements between it and that.
struct Mark {
    std::array<std::uint8_t, 8> octets;
    std::size_t size;
    std::size_t elements;
};
constexpr std::array identity_marks{
    Mark{{0x07, 0x01, 0x77}, 3, 1},                               // get-list response: client id
    Mark{{0x01, 0x01, 0x76}, 3, 3},                               // open response: code page, client, request
    Mark{{0x77, 0x07, 0x01, 0x00, 0x60, 0x01, 0x00, 0xFF}, 8, 4}, // 1-0:96.1.0
    Mark{{0x77, 0x07, 0x00, 0x00, 0x60, 0x01, 0xFF, 0xFF}, 8, 4}, // 0-0:96.1.255
    Mark{{0x77, 0x07, 0x00, 0x00, 0x60, 0x01, 0x00, 0xFF}, 8, 4}, // 0-0:96.1.0
    Mark{{0x77, 0x07, 0x01, 0x00, 0x00, 0x00, 0x09, 0xFF}, 8, 4}, // 1-0:0.0.9
    Mark{{0x77, 0x07, 0x01, 0x00, 0x00, 0x00, 0x00, 0xFF}, 8, 4}, // 1-0:0.0.0
    Mark{{0x77, 0x07, 0x81, 0x81, 0xC7, 0x82, 0x05, 0xFF}, 8, 4}, // 129-129:199.130.5
};

bool begins(ByteView bytes, const Mark& mark) {
    return bytes.size() >= mark.size &&
           std::equal(mark.octets.begin(), mark.octets.begin() + mark.size, bytes.begin());
}

void add_place(ByteView bytes, std::size_t begin, std::size_t size, SecretPlaces& places) {
    const ByteView octets = bytes.subspan(begin, size);
    if (size >= 2 && std::any_of(octets.begin(), octets.end(), [](std::uint8_t c) { return c != 0; })) {
        places.push_back({positions(begin, size), sml_serial(hex_text(octets)).text});
    }
}

// DIN 43863-5, whatever is around it.
bool is_din(ByteView bytes) {
    const auto is_capital = [](std::uint8_t c) { return c >= 'A' && c <= 'Z'; };
    return bytes.size() >= 10 && (bytes[0] == 0x09 || bytes[0] == 0x0A) && bytes[1] == 0x01 &&
           std::all_of(bytes.begin() + 2, bytes.begin() + 5, is_capital);
}

// The octets behind the mark.
void find_behind(ByteView bytes, std::size_t at, const Mark& mark, SecretPlaces& places) {
    SmlReader reader(bytes.subspan(at + mark.size));
    for (std::size_t i = 0; i < mark.elements; ++i) {
        if (!reader.skip()) {
            return;
        }
    }
    const auto id = reader.next();
    if (id && id->type == SmlType::Octets && !id->data.empty()) {
        add_place(bytes, at + mark.size + reader.position() - id->data.size(), id->data.size(), places);
    }
}

// Escapes and fill are none of a file's business: an id with four octets 1B does not exist.
SecretPlaces find_places(ByteView stream) {
    SecretPlaces places;
    for (std::size_t at = 0; at < stream.size(); ++at) {
        const ByteView rest = stream.subspan(at);
        for (const Mark& mark : identity_marks) {
            if (begins(rest, mark)) {
                find_behind(stream, at, mark, places);
            }
        }
        if (is_din(rest)) {
            add_place(stream, at, 10, places);
        }
    }
    return places;
}

unsigned swapped(unsigned crc) {
    return (crc & 0xFFU) << 8U | crc >> 8U;
}

unsigned number_at(ByteView bytes, std::size_t at, std::size_t size) {
    return size == 1 ? bytes[at] : static_cast<unsigned>(bytes[at] << 8 | bytes[at + 1]);
}

void put_number(unsigned number, std::size_t at, std::size_t size, Bytes& bytes) {
    if (size == 2) {
        bytes[at] = static_cast<std::uint8_t>(number >> 8U);
    }
    bytes[at + size - 1] = static_cast<std::uint8_t>(number & 0xFFU);
}

// What was sent, changed as the checksum of the message has changed. Both kinds change alike; they differ in
// the order of their octets.
unsigned repaired(const SmlMessage& message, ByteView before, ByteView after) {
    const auto covered = [&](ByteView bytes) {
        return bytes.subspan(message.begin, message.end - message.begin);
    };
    const unsigned sent = number_at(before, message.crc, message.crc_size);
    const bool is_kermit = sent == crc16_kermit(covered(before));
    const unsigned change = crc16_x25(covered(before)) ^ crc16_x25(covered(after));
    return sent ^ (is_kermit ? change : swapped(change));
}

void repair_message(const SmlMessage& message, ByteView before, Bytes& after) {
    constexpr unsigned most_tries = 0x10000;
    unsigned crc = repaired(message, before, after);
    const std::size_t id_size = std::min<std::size_t>(message.id_size, 2);
    for (unsigned id = 0; message.crc_size == 1 && crc > 0xFF && id_size > 0 && id < most_tries; ++id) {
        put_number(id, message.id + message.id_size - id_size, id_size, after);
        crc = repaired(message, before, after);
    }
    put_number(crc, message.crc, message.crc_size, after);
}

void repair_file(const SmlFrame& frame, ByteView before, Bytes& after) {
    const auto covered = [&](ByteView bytes) {
        return bytes.subspan(frame.begin, frame.end - 2 - frame.begin);
    };
    const unsigned sent = number_at(before, frame.end - 2, 2);
    const bool is_kermit = sent == crc16_kermit(covered(before));
    const unsigned change = crc16_x25(covered(before)) ^ crc16_x25(covered(after));
    put_number(sent ^ (is_kermit ? change : swapped(change)), frame.end - 2, 2, after);
}

void repair_sml(const std::vector<SmlFrame>& frames, ByteView before, Bytes& after) {
    for (const SmlFrame& frame : frames) {
        const auto payload = sml_payload(frame, before);
        const Bytes old_file = octets_at(payload, before);
        Bytes new_file = octets_at(payload, after);
        if (old_file != new_file) {
            for (const SmlMessage& message : sml_messages(old_file)) {
                repair_message(message, old_file, new_file);
            }
            put_at(payload, new_file, after);
        }
        repair_file(frame, before, after);
    }
}

bool makes_escape(ByteView bytes, std::size_t at) {
    const ByteView four = bytes.subspan(at, escape_size);
    return std::all_of(four.begin(), four.end(), [](std::uint8_t c) { return c == one_of_escape; });
}

// A replacement makes no escape.
void break_escapes(ByteView before, Bytes& after) {
    for (std::size_t at = 0; at + escape_size <= before.size(); ++at) {
        if (makes_escape(after, at) && !makes_escape(before, at)) {
            for (std::size_t i = at; i < at + escape_size; ++i) {
                after[i] ^= static_cast<std::uint8_t>(after[i] != before[i] ? 1 : 0);
            }
        }
    }
}

} // namespace

SecretPlaces places_in_sml(ByteView stream) {
    return find_places(stream);
}

Bytes anonymous_sml(ByteView stream, const Patterns& patterns) {
    std::vector<std::size_t> escapes;
    const auto frames = sml_frames(stream, escapes);
    Bytes after = patterns.in_binary(stream);
    for (const SecretPlace& place : find_places(stream)) {
        put_at(place.octets, patterns.in_value(octets_at(place.octets, stream)), after);
    }
    put_at(escapes, octets_at(escapes, stream), after);
    break_escapes(stream, after);
    repair_sml(frames, stream, after);
    return after;
}

} // namespace gridbridge
