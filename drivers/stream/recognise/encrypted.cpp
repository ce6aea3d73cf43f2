#include "drivers/stream/recognise/encrypted.hpp"

#include "drivers/stream/recognise/cosem.hpp"
#include "drivers/text/characters.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

namespace gridbridge {
namespace {

constexpr std::uint8_t glo_ciphering = 0xDB;
constexpr std::size_t title_size = 8;
constexpr std::size_t counter_size = 4;
constexpr std::size_t tag_size = 12;
constexpr std::size_t shortest_text = 16;
constexpr unsigned encrypted_bit = 0x20;
constexpr unsigned authenticated_bit = 0x10;

// Length, security control and counter of a message (IEC 62056-5-3, chapter 9.2.7).
struct Security {
    std::size_t size = 0; // bytes before the cipher text
    std::uint8_t control = 0;
    std::size_t text = 0; // bytes of cipher text
    std::size_t tag = 0;  // bytes behind it
    std::size_t message() const { return size + text + tag; }
};

// At the front of `bytes`, beginning with the length.
std::optional<Security> read_security(std::span<const std::uint8_t> bytes) {
    const auto length = read_ber_length(bytes);
    if (!length || length->size == 0 || bytes.size() < length->size + 1 + counter_size) {
        return std::nullopt;
    }
    Security head;
    head.size = length->size + 1 + counter_size;
    head.control = bytes[length->size];
    head.tag = (head.control & authenticated_bit) != 0 ? tag_size : 0;
    const std::size_t fixed = 1 + counter_size + head.tag;
    const bool is_suite = (head.control & 0x8FU) <= 2 && (head.control & encrypted_bit) != 0;
    if (!is_suite || length->value < fixed + shortest_text || length->value > CipherDecoder::max_frame) {
        return std::nullopt;
    }
    head.text = length->value - fixed;
    return head;
}

struct Messages {
    std::size_t evidence = 0;
    std::vector<std::span<const std::uint8_t>> whole; // the last few
};

Messages find_messages(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t most = 4;
    constexpr std::size_t length_at = 2 + title_size;
    Messages found;
    for (std::size_t at = 0; at + length_at < bytes.size();) {
        const auto rest = bytes.subspan(at);
        const bool marked = rest[0] == glo_ciphering && rest[1] == title_size;
        const auto head = marked ? read_security(rest.subspan(length_at)) : std::nullopt;
        if (!head) {
            ++at;
            continue;
        }
        // A system title begins with the letters of its maker.
        found.evidence += std::all_of(rest.begin() + 2, rest.begin() + 5, is_letter) ? 2U : 1U;
        const std::size_t size = length_at + head->message();
        if (size <= rest.size()) {
            found.whole.push_back(rest.first(size));
            if (found.whole.size() > most) {
                found.whole.erase(found.whole.begin());
            }
        }
        at += size <= rest.size() ? size : 1;
    }
    return found;
}

// Without `authentication` the tag is not looked at.
bool open_message(std::span<const std::uint8_t> message, const CipherKey& key,
                  const CipherKey* authentication, std::vector<std::uint8_t>& plain) {
    const auto body = message.subspan(2 + title_size);
    const Security head = read_security(body).value();
    std::vector<std::uint8_t> iv(message.begin() + 2, message.begin() + 2 + title_size);
    const auto counter = body.subspan(head.size - counter_size, counter_size);
    iv.insert(iv.end(), counter.begin(), counter.end());
    std::vector<std::uint8_t> additional_data{head.control};
    Ciphered ciphered{iv, {}, body.subspan(head.size, head.text), {}};
    if (authentication != nullptr) {
        additional_data.insert(additional_data.end(), authentication->begin(), authentication->end());
        ciphered.additional_data = additional_data;
        ciphered.tag = body.subspan(head.size + head.text, head.tag);
    }
    return decipher(key, ciphered, plain);
}

bool is_text(std::span<const std::uint8_t> bytes) {
    const auto readable = std::count_if(
        bytes.begin(), bytes.end(), [](std::uint8_t c) { return is_printable(c) || c == '\r' || c == '\n'; });
    return static_cast<std::size_t>(readable) * 20 >= bytes.size() * 19;
}

// Of a message whose tag does not fit: its own checksum tells whether it came undamaged.
StreamKind judge_text(std::span<const std::uint8_t> text) {
    bool is_telegram = false;
    P1Decoder decoder([&](const Telegram&, std::span<const std::uint8_t>) { is_telegram = true; });
    decoder.feed(text);
    decoder.end_of_stream();
    return is_telegram ? StreamKind::WrongAuthKey : StreamKind::Damaged;
}

StreamKind judge_message(std::span<const std::uint8_t> message, const CipherKeys& keys) {
    const Security head = read_security(message.subspan(2 + title_size)).value();
    const CipherKey& authentication = keys.authentication ? *keys.authentication : luxembourg_authentication;
    std::vector<std::uint8_t> plain;
    const bool authentic = head.tag > 0 && open_message(message, keys.encryption, &authentication, plain);
    if (!authentic && !open_message(message, keys.encryption, nullptr, plain)) {
        return StreamKind::WrongKey;
    }
    if (is_cosem(plain)) {
        return StreamKind::DlmsInside;
    }
    if (authentic) {
        return StreamKind::OtherInside;
    }
    return is_text(plain) ? judge_text(plain) : StreamKind::WrongKey;
}

bool is_random(std::span<const std::uint8_t> block) {
    const auto printable = std::count_if(block.begin(), block.end(), is_printable);
    const std::set<std::uint8_t> values(block.begin(), block.end());
    return static_cast<std::size_t>(printable) * 8 <= block.size() * 5 &&
           values.size() * 8 >= block.size() * 5;
}

// Position behind "/XXX5ident CR LF CR LF", or 0 when no such header begins at the front.
std::size_t behind_header(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t letters = 3;
    constexpr std::size_t most = 64;
    constexpr std::array<std::uint8_t, 4> blank_line{'\r', '\n', '\r', '\n'};
    if (bytes.size() <= letters || bytes[0] != '/' ||
        !std::all_of(bytes.begin() + 1, bytes.begin() + 1 + letters, is_letter)) {
        return 0;
    }
    const auto front = bytes.first(std::min(bytes.size(), most));
    const auto end = std::search(front.begin(), front.end(), blank_line.begin(), blank_line.end());
    const bool found = end != front.end() && std::all_of(front.begin() + 1, end, is_printable);
    return found ? static_cast<std::size_t>(end - front.begin()) + blank_line.size() : 0;
}

} // namespace

std::optional<StreamKind> judge_encrypted(std::span<const std::uint8_t> bytes,
                                          const std::optional<CipherKeys>& keys) {
    const Messages found = find_messages(bytes);
    if (found.evidence < 2) {
        return std::nullopt;
    }
    if (!keys) {
        return StreamKind::Encrypted;
    }
    if (found.whole.empty() && bytes.size() > CipherDecoder::max_frame / 2) {
        return std::nullopt; // no frame of a telegram, or it would be whole by now
    }
    StreamKind kind = StreamKind::Nothing;
    for (const auto& message : found.whole) {
        const StreamKind judged = judge_message(message, *keys);
        // One that opens proves the key; those that do not may be damaged.
        kind = kind == StreamKind::Nothing || kind == StreamKind::WrongKey ? judged : kind;
    }
    return kind;
}

bool has_provider_cipher(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t block_size = 64;
    int blocks = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        const std::size_t size = bytes[at] == '/' ? behind_header(bytes.subspan(at)) : 0;
        if (size == 0) {
            continue;
        }
        const auto block = bytes.subspan(at + size);
        if (!block.empty() && block[0] == 0 && read_security(block.subspan(1))) { // an empty system title
            return true;
        }
        blocks += block.size() >= block_size && is_random(block.first(block_size)) ? 1 : 0;
    }
    return blocks >= 2;
}

} // namespace gridbridge
