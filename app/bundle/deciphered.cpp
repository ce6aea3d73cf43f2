#include "app/bundle/deciphered.hpp"

#include "app/bundle/wire_streams.hpp"
#include "drivers/stream/p1/p1.hpp"

#include <algorithm>
#include <optional>

namespace gridbridge {
namespace {

constexpr std::uint8_t line_end = '\n';
constexpr std::uint8_t frame_mark = 0xDB;

bool is_encrypted(ByteView stream) {
    const auto high = std::count_if(stream.begin(), stream.end(), [](std::uint8_t c) { return c >= 0x80; });
    if (high < static_cast<std::ptrdiff_t>(stream.size() / 8)) {
        return false;
    }
    for (std::size_t at = 0; at < stream.size(); ++at) {
        CipherHead head;
        if (stream[at] == frame_mark && read_cipher_head(stream.subspan(at), head) == HeadState::Good) {
            return true;
        }
    }
    return false;
}

// A wrong key gives noise.
bool is_telegram(ByteView plain) {
    P1Decoder decoder([](const Telegram&, std::span<const std::uint8_t>) {}, {true});
    decoder.feed(plain);
    decoder.end_of_stream();
    return decoder.counters().telegrams > 0;
}

// DB, 08, title, length, security control, counter, cipher text, tag.
std::optional<Bytes> telegram_in(ByteView frame, const CipherHead& head, const CipherKeys& keys) {
    constexpr std::size_t title_at = 2;
    constexpr std::size_t title_size = 8;
    constexpr std::size_t counter_size = 4;
    const ByteView title = frame.subspan(title_at, title_size);
    const ByteView counter = frame.subspan(head.size - counter_size, counter_size);
    Bytes iv(title_size + counter_size);
    std::copy(counter.begin(), counter.end(), std::copy(title.begin(), title.end(), iv.begin()));
    const CipherKey& authentication = keys.authentication ? *keys.authentication : luxembourg_authentication;
    Bytes covered(1 + authentication.size(),
                  frame[head.size - counter_size - 1]); // behind the security control
    std::copy(authentication.begin(), authentication.end(), covered.begin() + 1);
    const ByteView text = frame.subspan(head.size, head.cipher_text);
    Bytes plain;
    const bool good =
        decipher(keys.encryption, {iv, covered, text, frame.subspan(head.size + head.cipher_text)}, plain) ||
        (!keys.authentication && decipher(keys.encryption, {iv, covered, text, {}}, plain));
    return good && is_telegram(plain) ? std::optional(std::move(plain)) : std::nullopt;
}

Bytes deciphered_stream(ByteView stream, const CipherKeys& keys) {
    Bytes out(stream.size(), line_end);
    for (std::size_t at = 0; at < stream.size();) {
        CipherHead head;
        const ByteView rest = stream.subspan(at);
        const bool is_frame = rest[0] == frame_mark && read_cipher_head(rest, head) == HeadState::Good &&
                              head.frame() <= rest.size();
        const auto plain = is_frame ? telegram_in(rest.first(head.frame()), head, keys) : std::nullopt;
        at += plain ? head.frame() : 1;
        if (plain) {
            std::copy(plain->begin(), plain->end(),
                      out.begin() + static_cast<std::ptrdiff_t>(at - plain->size()));
        }
    }
    return out;
}

void leave_out(unsigned connection, Recording& recording) {
    const auto is_left_out = [connection](const Record& record) {
        return record.connection == connection && record.kind == Record::Kind::Received;
    };
    auto& records = recording.records;
    const auto first = std::find_if(records.begin(), records.end(), is_left_out);
    const auto count = std::count_if(first, records.end(), is_left_out);
    first->kind = Record::Kind::Note;
    first->bytes.clear();
    first->number = 0;
    first->text =
        std::to_string(count) + " records of encrypted telegrams are left out: the key was not at hand";
    records.erase(std::remove_if(first + 1, records.end(), is_left_out), records.end());
}

} // namespace

Recording deciphered(Recording recording, const ConnectionKeys& keys) {
    for (const auto& [number, connection] : recording.connections) {
        const Bytes stream = stream_of(recording.records, number, Record::Kind::Received);
        if (connection.dialect != WireDialect::P1 || !is_encrypted(stream)) {
            continue;
        }
        const auto key = keys.find(number);
        if (key == keys.end()) {
            leave_out(number, recording);
        } else {
            put_stream(deciphered_stream(stream, key->second), number, Record::Kind::Received,
                       recording.records);
        }
    }
    return recording;
}

} // namespace gridbridge
