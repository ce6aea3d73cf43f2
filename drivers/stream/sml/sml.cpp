#include "drivers/stream/sml/sml.hpp"

#include "drivers/stream/sml/sml_file.hpp"
#include "drivers/text/crc16.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t word = 4; // bytes of an escape and of what it announces
constexpr std::size_t start_size = 2 * word;
constexpr std::array<std::uint8_t, start_size> start_sequence{0x1B, 0x1B, 0x1B, 0x1B, 0x01, 0x01, 0x01, 0x01};
constexpr std::uint8_t escape_byte = 0x1B;
constexpr std::uint8_t end_byte = 0x1A;

std::size_t find_escape(std::span<const std::uint8_t> bytes, std::size_t from) {
    const auto hit =
        std::search_n(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.end(), word, escape_byte);
    return static_cast<std::size_t>(hit - bytes.begin());
}

bool all_are(std::span<const std::uint8_t> bytes, std::uint8_t value) {
    return std::all_of(bytes.begin(), bytes.end(), [value](std::uint8_t byte) { return byte == value; });
}

} // namespace

SmlDecoder::SmlDecoder(TelegramSink sink) : FramingDecoder(std::move(sink), max_frame) {}

// The search goes on behind the start sequence of the bad frame: the next one may lie inside it.
void SmlDecoder::reject(Rejection reason) {
    count(reason);
    skip_to(at_ + start_size);
    inside_ = false;
}

void SmlDecoder::restart_at(std::size_t start) {
    skip_to(start);
    inside_ = true;
    has_literal_escape_ = false;
    scan_ = start + start_size;
}

// Without a start sequence only bytes that may be its beginning are kept.
bool SmlDecoder::seek_start() {
    const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(at_);
    const auto hit = std::search(from, buffer_.end(), start_sequence.begin(), start_sequence.end());
    if (hit != buffer_.end()) {
        restart_at(static_cast<std::size_t>(hit - buffer_.begin()));
        return true;
    }
    std::size_t kept = std::min(buffer_.size() - at_, start_size - 1);
    while (!std::equal(buffer_.end() - static_cast<std::ptrdiff_t>(kept), buffer_.end(),
                       start_sequence.begin())) {
        --kept;
    }
    skip_to(buffer_.size() - kept);
    return false;
}

void SmlDecoder::drain() {
    while (inside_ || seek_start()) {
        if (step() == Step::Again) {
            continue;
        }
        if (!is_full()) {
            return;
        }
        reject(Rejection::TooLong);
    }
}

SmlDecoder::Step SmlDecoder::step() {
    const std::size_t escape = find_escape(buffer_, scan_);
    if (escape + 2 * word > buffer_.size()) {
        // The last three bytes may be the beginning of an escape.
        scan_ = escape < buffer_.size()
                    ? escape
                    : std::max(scan_, buffer_.size() - std::min(buffer_.size(), word - 1));
        return Step::NeedMore;
    }
    const auto announced = std::span(buffer_).subspan(escape + word, word);
    if (all_are(announced, escape_byte)) {
        has_literal_escape_ = true;
        scan_ = escape + 2 * word;
    } else if (all_are(announced, 0x01)) {
        count(Rejection::Truncated);
        restart_at(escape);
    } else if (announced[0] == end_byte) {
        finish(escape);
    } else {
        reject(Rejection::Malformed);
    }
    return Step::Again;
}

void SmlDecoder::finish(std::size_t escape) {
    if (const auto reason = check(escape)) {
        reject(*reason);
        return;
    }
    const std::size_t end = escape + 2 * word;
    if (telegram_.objects.empty()) { // an answer without measurements
        inside_ = false;
        skip_to(end);
        return;
    }
    deliver(telegram_, end);
}

std::optional<Rejection> SmlDecoder::check(std::size_t escape) {
    const std::size_t end = escape + 2 * word;
    if (!is_checksum(std::span(buffer_).subspan(at_, end - at_))) {
        return Rejection::BadChecksum;
    }
    const std::size_t fill = buffer_[escape + word + 1];
    if (fill >= word || fill > escape - at_ - start_size) {
        return Rejection::Malformed;
    }
    telegram_.has_checksum = true;
    switch (parse_sml_file(payload(escape, fill), telegram_)) {
    case SmlFileResult::Malformed:
        return Rejection::Malformed;
    case SmlFileResult::BadMessageChecksum:
        return Rejection::BadChecksum;
    case SmlFileResult::NoMeasurements:
        telegram_.objects.clear();
        break;
    case SmlFileResult::Telegram:
        break;
    }
    return std::nullopt;
}

bool SmlDecoder::is_checksum(std::span<const std::uint8_t> frame) {
    const auto covered = frame.first(frame.size() - 2);
    const unsigned first = frame[frame.size() - 2];
    const unsigned second = frame[frame.size() - 1];
    for (const bool kermit : {kermit_, !kermit_}) {
        const bool fits = kermit ? crc16_kermit(covered) == ((first << 8U) | second)
                                 : crc16_x25(covered) == ((second << 8U) | first);
        if (fits) {
            kermit_ = kermit;
            return true;
        }
    }
    return false;
}

std::span<const std::uint8_t> SmlDecoder::payload(std::size_t escape, std::size_t fill) {
    const auto escaped = std::span(buffer_).subspan(at_ + start_size, escape - at_ - start_size - fill);
    if (!has_literal_escape_) {
        return escaped;
    }
    unescaped_.clear();
    std::size_t from = 0;
    while (from < escaped.size()) {
        const std::size_t literal = std::min(find_escape(escaped, from) + word, escaped.size());
        unescaped_.insert(unescaped_.end(), escaped.begin() + static_cast<std::ptrdiff_t>(from),
                          escaped.begin() + static_cast<std::ptrdiff_t>(literal));
        from = literal + word;
    }
    return unescaped_;
}

} // namespace gridbridge
