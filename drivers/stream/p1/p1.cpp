#include "drivers/stream/p1/p1.hpp"

#include "drivers/stream/p1/p1_text.hpp"
#include "drivers/text/characters.hpp"
#include "drivers/text/crc16.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t header_size = 5; // "/XXXZ"
constexpr std::size_t crc_digits = 4;

bool is_line_end(std::uint8_t c) {
    return c == '\r' || c == '\n';
}

// True also for the beginning of a header at the end of the bytes.
bool may_be_header(std::span<const std::uint8_t> bytes) {
    const auto fits = [](std::size_t i, std::uint8_t c) {
        return i == 0 ? c == '/' : is_letter(c) || (i == header_size - 1 && is_digit(c));
    };
    for (std::size_t i = 0; i < std::min(bytes.size(), header_size); ++i) {
        if (!fits(i, bytes[i])) {
            return false;
        }
    }
    return !bytes.empty();
}

std::size_t find(std::span<const std::uint8_t> bytes, std::size_t from, char wanted) {
    if (from >= bytes.size()) {
        return bytes.size();
    }
    const void* hit = std::memchr(bytes.data() + from, wanted, bytes.size() - from);
    return hit == nullptr ? bytes.size()
                          : static_cast<std::size_t>(static_cast<const std::uint8_t*>(hit) - bytes.data());
}

// Position of the first header, whole or cut off by the end; bytes.size() when there is none.
std::size_t find_header(std::span<const std::uint8_t> bytes, std::size_t from) {
    std::size_t slash = find(bytes, from, '/');
    while (slash < bytes.size() && !may_be_header(bytes.subspan(slash))) {
        slash = find(bytes, slash + 1, '/');
    }
    return slash;
}

// Some meters send raw octets in a text; those have a checksum. Without one such a byte is damage.
bool is_plain_text(std::span<const std::uint8_t> bytes) {
    return std::all_of(bytes.begin(), bytes.end(),
                       [](std::uint8_t c) { return (c >= ' ' && c <= '~') || is_line_end(c) || c == '\t'; });
}

std::string_view as_text(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// DSMR 4 and later (1-3:0.2.8 is 4x or 5x) and Belgian meters (0-0:96.1.4 is 5xxxx) always send a checksum.
bool declares_checksum(const Telegram& telegram) {
    return std::any_of(telegram.objects.begin(), telegram.objects.end(), [](const ObisObject& object) {
        const bool version = object.code == Obis{1, 3, 0, 2, 8} || object.code == Obis{0, 0, 96, 1, 4};
        return version && (object.text.starts_with('4') || object.text.starts_with('5'));
    });
}

} // namespace

struct P1Decoder::End {
    bool found = false;
    std::size_t mark = 0; // position of '!'
    bool has_crc = false;
};

P1Decoder::P1Decoder(TelegramSink sink, P1Options options)
    : FramingDecoder(std::move(sink), max_telegram), options_(options) {}

// Line ends stand between telegrams and are no noise.
void P1Decoder::skip_to(std::size_t position) {
    const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(at_);
    const auto to = buffer_.begin() + static_cast<std::ptrdiff_t>(position);
    counters_.skipped_bytes += static_cast<std::uint64_t>((to - from) - std::count_if(from, to, is_line_end));
    at_ = position;
}

// The search goes on behind the failed slash.
void P1Decoder::reject(Rejection reason) {
    count(reason);
    skip_to(at_ + 1);
    inside_ = false;
}

// A telegram that is cut off is followed by a good one, so there may be several headers before one end mark.
// Behind the first few only the last is tried: each costs a checksum over all that follows.
void P1Decoder::reject_at(const End& end, Rejection reason) {
    constexpr std::size_t most_tries = 8;
    tries_ = tried_mark_ == end.mark ? tries_ + 1 : 1;
    tried_mark_ = end.mark;
    reject(reason);
    if (tries_ < most_tries) {
        return;
    }
    const auto rest = std::span<const std::uint8_t>(buffer_).first(end.mark);
    std::size_t last = at_;
    for (std::size_t next = find_header(rest, at_); next < rest.size(); next = find_header(rest, next + 1)) {
        last = next;
    }
    skip_to(last);
    tries_ = 0;
}

bool P1Decoder::seek_header() {
    skip_to(find_header(buffer_, at_));
    inside_ = buffer_.size() - at_ >= header_size;
    scan_ = std::max(scan_, at_ + header_size);
    return inside_;
}

void P1Decoder::drain() {
    tries_ = 0; // positions moved since
    while (inside_ || seek_header()) {
        const End end = find_end();
        if (end.found) {
            accept(end);
        } else if (is_full()) {
            reject(Rejection::TooLong);
        } else {
            return;
        }
    }
}

// An end mark as the last byte of all: DSMR 2.2 and 3 have nothing to follow it but the line end.
void P1Decoder::drain_end() {
    if (inside_ && !buffer_.empty() && buffer_.back() == '!' && buffer_.size() - 1 >= at_ + header_size) {
        accept({true, buffer_.size() - 1, false});
    }
}

// "!" with four digits, or with a line end. An exclamation mark followed by something else belongs to a text.
P1Decoder::End P1Decoder::find_end() {
    for (;; ++scan_) {
        scan_ = find(buffer_, scan_, '!');
        const auto behind = std::span(buffer_).subspan(std::min(scan_ + 1, buffer_.size()));
        if (behind.empty()) {
            return {};
        }
        const auto digits = behind.first(std::min(behind.size(), crc_digits));
        if (is_line_end(digits[0])) {
            return {true, scan_, false};
        }
        if (std::all_of(digits.begin(), digits.end(), is_hex_digit)) {
            return digits.size() == crc_digits ? End{true, scan_, true} : End{};
        }
    }
}

void P1Decoder::accept(const End& end) {
    if (const auto reason = check(end)) {
        reject_at(end, *reason);
        return;
    }
    deliver(telegram_, end.mark + 1 + (end.has_crc ? crc_digits : 0));
    telegram_.objects = std::vector<ObisObject>(); // several kB, of which other streams have use meanwhile
}

bool P1Decoder::is_checksum(unsigned sent, std::span<const std::uint8_t> telegram) {
    constexpr int most_refused = 2;
    const bool fits_arc = kind_ != Checksum::X25 && sent == crc16_arc(telegram);
    if (fits_arc && kind_ == Checksum::Arc) { // nearly all
        of_other_kind_ = 0;
        return true;
    }
    const bool fits_x25 = sent == crc16_x25(telegram);
    if (kind_ == Checksum::Unknown) {
        kind_ = fits_arc == fits_x25 ? kind_ : fits_arc ? Checksum::Arc : Checksum::X25;
        return fits_arc || fits_x25;
    }
    if (fits_x25 && kind_ == Checksum::X25) {
        of_other_kind_ = 0;
        return true;
    }
    const bool fits_other = fits_x25 || (kind_ == Checksum::X25 && sent == crc16_arc(telegram));
    of_other_kind_ = fits_other ? of_other_kind_ + 1 : 0;
    if (of_other_kind_ == most_refused) {
        kind_ = kind_ == Checksum::Arc ? Checksum::X25 : Checksum::Arc;
        of_other_kind_ = 0;
    }
    return false;
}

std::optional<Rejection> P1Decoder::check(const End& end) {
    const auto telegram = std::span<const std::uint8_t>(buffer_).subspan(at_, end.mark + 1 - at_);
    if (end.has_crc) {
        unsigned sent = 0;
        const std::string_view digits = as_text(std::span(buffer_).subspan(end.mark + 1, crc_digits));
        std::from_chars(digits.data(), digits.data() + digits.size(), sent, 16);
        if (!is_checksum(sent, telegram)) {
            return Rejection::BadChecksum;
        }
    } else if (find_header(telegram, 1) < telegram.size()) {
        return Rejection::Truncated;
    }
    const std::size_t malformed = parse_p1_text(as_text(telegram.subspan(1, telegram.size() - 2)), telegram_);
    telegram_.has_checksum = end.has_crc;
    const bool damaged = !end.has_crc && (malformed > 0 || !is_plain_text(telegram));
    if (telegram_.objects.empty() || damaged) {
        return Rejection::Malformed;
    }
    const bool needs_crc =
        require_checksum_ || (declares_checksum(telegram_) && !options_.accept_without_crc);
    return needs_crc && !end.has_crc ? std::optional(Rejection::NoChecksum) : std::nullopt;
}

} // namespace gridbridge
