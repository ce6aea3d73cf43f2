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
    SmlFrame frame;
    bool is_inside = false;
    const auto leave = [&] {
        frame = {};
        is_inside = false;
    };
    for (std::size_t at = 0; at < stream.size();) {
        if (at + 2 * sml_word > stream.size() || !all_are(stream.subspan(at, sml_word), escape_byte)) {
            if (is_inside) {
                frame.payload.push_back(at);
            }
            ++at;
            continue;
        }
        const ByteView announced = stream.subspan(at + sml_word, sml_word);
        add_word(at, escapes);
        add_word(at + sml_word, escapes);
        if (all_are(announced, 0x01)) {
            leave();
            frame.begin = at;
            is_inside = true;
        } else if (is_inside && all_are(announced, escape_byte)) {
            add_word(at, frame.payload);
        } else if (is_inside && announced[0] == end_byte) {
            frame.payload.resize(frame.payload.size() -
                                 std::min<std::size_t>(announced[1], frame.payload.size()));
            frame.end = at + 2 * sml_word;
            frames.push_back(frame);
            leave();
        } else {
            leave();
        }
        at += 2 * sml_word;
    }
    return frames;
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
