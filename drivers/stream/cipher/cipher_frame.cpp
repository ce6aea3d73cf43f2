#include "drivers/stream/cipher/cipher_frame.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::uint8_t general_glo_ciphering = 0xDB;
constexpr std::size_t title_size = 8;
constexpr std::uint8_t authenticated_and_encrypted = 0x30;
constexpr std::size_t counter_size = 4;
constexpr std::size_t tag_size = 12;
constexpr std::size_t length_at = 2 + title_size;
constexpr std::size_t block_size = 16;
constexpr std::size_t fixed_rest = 1 + counter_size + tag_size; // what the length counts beside cipher text

} // namespace

std::optional<BerLength> read_ber_length(std::span<const std::uint8_t> bytes) {
    if (bytes.empty()) {
        return BerLength{};
    }
    const std::size_t more = bytes[0] < 0x80 ? 0 : bytes[0] & 0x7FU;
    if (bytes[0] >= 0x80 && (more < 1 || more > 2)) {
        return std::nullopt;
    }
    if (bytes.size() < 1 + more) {
        return BerLength{};
    }
    BerLength length{1 + more, more == 0 ? bytes[0] : std::size_t{0}};
    for (const std::uint8_t byte : bytes.subspan(1, more)) {
        length.value = length.value << 8U | byte;
    }
    return length;
}

std::size_t CipherHead::frame() const {
    return size + cipher_text + tag_size;
}

HeadState read_cipher_head(std::span<const std::uint8_t> bytes, CipherHead& head) {
    constexpr std::array<std::uint8_t, 2> mark{general_glo_ciphering, title_size};
    const auto front = bytes.first(std::min(bytes.size(), mark.size()));
    if (!std::equal(front.begin(), front.end(), mark.begin())) {
        return HeadState::NoHead;
    }
    if (bytes.size() <= length_at) {
        return HeadState::Incomplete;
    }
    const auto length = read_ber_length(bytes.subspan(length_at));
    if (!length) {
        return HeadState::NoHead;
    }
    if (length->size == 0) {
        return HeadState::Incomplete;
    }
    const bool fits =
        length->value >= fixed_rest + block_size && length->value <= fixed_rest + P1Decoder::max_telegram;
    const std::size_t control_at = length_at + length->size;
    if (!fits || (control_at < bytes.size() && bytes[control_at] != authenticated_and_encrypted)) {
        return HeadState::NoHead;
    }
    head.size = control_at + 1 + counter_size;
    head.cipher_text = length->value - fixed_rest;
    return bytes.size() < head.size ? HeadState::Incomplete : HeadState::Good;
}

CipherDecoder::CipherDecoder(TelegramSink sink, const CipherKeys& keys, P1Options options)
    : FramingDecoder(std::move(sink), max_frame), keys_(keys),
      inner_(
          [this](const Telegram& telegram, std::span<const std::uint8_t> /*raw*/) {
              telegram_ = telegram;
              ++found_;
          },
          options) {}

void CipherDecoder::reject(Rejection reason) {
    count(reason);
    skip_to(at_ + 1);
    inside_ = promising_ = false;
}

// Stops at a head, whole or cut off by the end of the bytes.
bool CipherDecoder::seek_head() {
    for (;;) {
        const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(at_);
        const auto mark = std::find(from, buffer_.end(), general_glo_ciphering);
        skip_to(static_cast<std::size_t>(mark - buffer_.begin()));
        if (at_ == buffer_.size()) {
            return false;
        }
        const HeadState state = read_cipher_head(std::span(buffer_).subspan(at_), head_);
        inside_ = state == HeadState::Good;
        if (state != HeadState::NoHead) {
            return inside_;
        }
        skip_to(at_ + 1);
    }
}

void CipherDecoder::drain() {
    while (inside_ || seek_head()) {
        const std::size_t available = buffer_.size() - at_;
        if (!promising_ && available >= head_.size + block_size) {
            promising_ = begins_a_telegram();
            if (!promising_) {
                reject(Rejection::Undeciphered);
                continue;
            }
        }
        if (available < head_.frame()) {
            return; // a frame is never longer than the buffer: its length was checked
        }
        finish_frame();
    }
}

// Counter mode: the first block tells at once whether this is a frame and the key its key. A false head in
// noise must not hold up the stream for the 16 kB it may announce.
bool CipherDecoder::begins_a_telegram() {
    const auto frame = std::span<const std::uint8_t>(buffer_).subspan(at_);
    const auto whole = head_;
    head_.cipher_text = block_size;
    const bool good = decipher_frame(frame, nullptr) &&
                      std::find(plain_.begin(), plain_.end(), std::uint8_t{'/'}) != plain_.end();
    head_ = whole;
    return good;
}

void CipherDecoder::finish_frame() {
    const auto frame = std::span<const std::uint8_t>(buffer_).subspan(at_, head_.frame());
    const CipherKey& authentication =
        keys_.authentication ? *keys_.authentication : luxembourg_authentication;
    const bool authentic = decipher_frame(frame, &authentication);
    if (!authentic && (keys_.authentication || !decipher_frame(frame, nullptr))) {
        reject(Rejection::Undeciphered);
        return;
    }
    if (!take_plain_text(!authentic)) {
        reject(authentic ? Rejection::Malformed : Rejection::Undeciphered);
        return;
    }
    promising_ = false;
    telegram_.has_checksum = true; // the tag, or the one of the telegram itself
    deliver(telegram_, at_ + head_.frame());
}

// Without `authentication` the tag is not looked at.
bool CipherDecoder::decipher_frame(std::span<const std::uint8_t> frame, const CipherKey* authentication) {
    std::array<std::uint8_t, title_size + counter_size> iv{};
    std::copy_n(frame.begin() + 2, title_size, iv.begin());
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(head_.size - counter_size), counter_size,
                iv.begin() + title_size);
    std::array<std::uint8_t, 1 + std::tuple_size_v<CipherKey>> additional_data{authenticated_and_encrypted};
    Ciphered message{iv, {}, frame.subspan(head_.size, head_.cipher_text), {}};
    if (authentication != nullptr) {
        std::copy(authentication->begin(), authentication->end(), additional_data.begin() + 1);
        message.additional_data = additional_data;
        message.tag = frame.subspan(head_.size + head_.cipher_text, tag_size);
    }
    return decipher(keys_.encryption, message, plain_);
}

// Exactly one telegram must be in it.
bool CipherDecoder::take_plain_text(bool needs_checksum) {
    found_ = 0;
    inner_.require_checksum(needs_checksum);
    inner_.feed(plain_);
    inner_.end_of_stream();
    return found_ == 1;
}

} // namespace gridbridge
