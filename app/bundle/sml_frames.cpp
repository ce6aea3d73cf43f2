#include "app/bundle/sml_frames.hpp"

#include "drivers/stream/sml/sml_tlv.hpp"

#include <algorithm>
#include <optional>

namespace gridbridge {
namespace {

constexpr std::size_t sml_word = 4;
constexpr std::uint8_t escape_byte = 0x1B;
constexpr std::uint8_t end_byte = 0x1A;

bool all_are(ByteView bytes, std::uint8_t value) {
    return std::all_of(bytes.begin(), bytes.end(), [value](std::uint8_t byte) { return byte == value; });
}

bool is_escape(ByteView stream, std::size_t at) {
    return at + 2 * sml_word <= stream.size() && all_are(stream.subspan(at, sml_word), escape_byte);
}

void add_word(std::size_t at, std::vector<std::size_t>& list) {
    for (std::size_t i = 0; i < sml_word; ++i) {
        list.push_back(at + i);
    }
}

std::optional<SmlMessage> take_message(SmlReader& reader, ByteView file) {
    SmlMessage message;
    message.begin = reader.position();
    const auto is_list = reader.enter_list(6);
    const auto id = is_list ? reader.next() : std::nullopt;
    if (!id || id->type != SmlType::Octets) {
        return std::nullopt;
    }
    message.id_size = id->data.size();
    message.id = reader.position() - message.id_size;
    if (!reader.skip() || !reader.skip() || !reader.enter_list(2) || !reader.next() || !reader.skip()) {
        return std::nullopt;
    }
    message.end = reader.position();
    const auto crc = reader.next();
    if (!crc || crc->type != SmlType::Unsigned || crc->data.empty() || crc->data.size() > 2) {
        return std::nullopt;
    }
    message.crc_size = crc->data.size();
    message.crc = reader.position() - message.crc_size;
    if (reader.position() < file.size()) {
        reader.next(); // end of message
    }
    return message;
}

} // namespace

std::vector<SmlFrame> sml_frames(ByteView stream, std::vector<std::size_t>& escapes) {
    std::vector<SmlFrame> frames;
    std::size_t begin = 0; // of the frame that has not ended
    bool is_inside = false;
    for (std::size_t at = 0; at < stream.size();) {
        if (!is_escape(stream, at)) {
            ++at;
            continue;
        }
        const ByteView announced = stream.subspan(at + sml_word, sml_word);
        add_word(at, escapes);
        add_word(at + sml_word, escapes);
        if (all_are(announced, 0x01)) {
            begin = at;
            is_inside = true;
        } else if (!all_are(announced, escape_byte)) {
            if (is_inside && announced[0] == end_byte) {
                frames.push_back({begin, at + 2 * sml_word});
            }
            is_inside = false;
        }
        at += 2 * sml_word;
    }
    return frames;
}

std::vector<std::size_t> sml_payload(const SmlFrame& frame, ByteView stream) {
    std::vector<std::size_t> payload;
    const std::size_t last = frame.end - 2 * sml_word;
    for (std::size_t at = frame.begin + 2 * sml_word; at < last;) {
        if (is_escape(stream, at)) {
            add_word(at, payload);
            at += 2 * sml_word;
        } else {
            payload.push_back(at);
            ++at;
        }
    }
    payload.resize(payload.size() - std::min<std::size_t>(stream[last + sml_word + 1], payload.size()));
    return payload;
}

std::vector<SmlMessage> sml_messages(ByteView file) {
    std::vector<SmlMessage> messages;
    SmlReader reader(file);
    while (!reader.rest().empty()) {
        if (reader.rest()[0] == 0) { // fill
            reader.next();
            continue;
        }
        const auto message = take_message(reader, file);
        if (!message) {
            break;
        }
        messages.push_back(*message);
    }
    return messages;
}

} // namespace gridbridge
