#include "drivers/stream/d0/d0.hpp"

#include "drivers/stream/d0/d0_text.hpp"
#include "drivers/text/characters.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t header_size = 5; // "/XXXZ"
constexpr std::size_t max_ident = 64;  // the standard says 16 behind the header
constexpr char nul = '\0';
constexpr char stx = '\x02';
constexpr char etx = '\x03';
constexpr char ack = '\x06';

bool is_line_end(char c) {
    return c == '\r' || c == '\n';
}

char without_parity(std::uint8_t byte) {
    return static_cast<char>(byte & 0x7FU);
}

// True also for the beginning of a header at the end of the bytes.
bool may_be_header(std::span<const std::uint8_t> bytes) {
    const auto fits = [](std::size_t i, char c) {
        return i == 0 ? c == '/' : is_letter(c) || (i == header_size - 1 && is_printable(c) && c != '/');
    };
    for (std::size_t i = 0; i < std::min(bytes.size(), header_size); ++i) {
        if (!fits(i, without_parity(bytes[i]))) {
            return false;
        }
    }
    return !bytes.empty();
}

} // namespace

D0Decoder::D0Decoder(TelegramSink sink) : FramingDecoder(std::move(sink), max_telegram) {}

// Line ends stand between readouts and are no noise.
void D0Decoder::skip_to(std::size_t position) {
    const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(at_);
    const auto to = buffer_.begin() + static_cast<std::ptrdiff_t>(position);
    const auto line_ends =
        std::count_if(from, to, [](std::uint8_t byte) { return is_line_end(without_parity(byte)); });
    counters_.skipped_bytes += static_cast<std::uint64_t>((to - from) - line_ends);
    at_ = position;
}

bool D0Decoder::seek_header() {
    std::size_t slash = at_;
    while (slash < buffer_.size() && !may_be_header(std::span(buffer_).subspan(slash))) {
        ++slash;
    }
    skip_to(slash);
    inside_ = buffer_.size() - at_ >= header_size;
    scan_ = at_ + header_size;
    part_ = Part::Ident;
    has_stx_ = false;
    data_ = mark_ = 0;
    return inside_;
}

void D0Decoder::drain() {
    while (inside_ || seek_header()) {
        if (step() == Step::Again) {
            continue;
        }
        if (!is_full()) {
            return;
        }
        reject(Rejection::TooLong);
    }
}

// Looks at the bytes not looked at. Again: the readout ended, for good or bad.
D0Decoder::Step D0Decoder::step() {
    while (scan_ < buffer_.size()) {
        const char c = at(scan_);
        Step next = Step::Next;
        switch (part_) {
        case Part::Ident:
            next = in_ident(c);
            break;
        case Part::Gap:
            next = in_gap(c);
            break;
        case Part::Acknowledge:
            part_ = is_line_end(c) ? Part::Gap : Part::Acknowledge;
            break;
        case Part::Data:
            next = in_data(c);
            break;
        case Part::End:
            next = behind_mark(c);
            break;
        case Part::Checksum:
            next = accept(true);
            break;
        }
        if (next != Step::Next) {
            return next;
        }
        ++scan_;
    }
    return Step::NeedMore;
}

D0Decoder::Step D0Decoder::in_ident(char c) {
    if (is_line_end(c)) {
        part_ = Part::Gap;
        return Step::Next;
    }
    return is_printable(c) && scan_ - at_ <= max_ident ? Step::Next : give_up(at_ + 1);
}

// Line ends, the echo of the acknowledgement, then STX or, without it, data.
D0Decoder::Step D0Decoder::in_gap(char c) {
    if (c == '/') {
        return give_up(scan_); // an identification without data
    }
    if (c == ack) {
        part_ = Part::Acknowledge;
    } else if (c == stx || is_printable(c)) {
        has_stx_ = c == stx;
        data_ = scan_ - at_ + (has_stx_ ? 1U : 0U);
        part_ = Part::Data;
        return has_stx_ ? Step::Next : in_data(c);
    } else if (!is_line_end(c) && c != nul) {
        return give_up(at_ + 1);
    }
    return Step::Next;
}

D0Decoder::Step D0Decoder::in_data(char c) {
    if (c == stx || c == etx) {
        return reject(Rejection::Truncated);
    }
    // A value has no slash. Behind STX the checksum tells; without one the next readout may begin here.
    const auto rest = std::span(buffer_).subspan(scan_);
    if (c == '/' && !has_stx_ && may_be_header(rest)) {
        return rest.size() < header_size ? Step::NeedMore : reject(Rejection::Truncated);
    }
    const char before = at(scan_ - 1);
    if (c == '!' && (is_line_end(before) || before == stx || before == ')')) {
        mark_ = scan_ - at_;
        part_ = Part::End;
    }
    return Step::Next;
}

D0Decoder::Step D0Decoder::behind_mark(char c) {
    if (c == '/' || (is_line_end(c) && !has_stx_)) {
        return accept(false);
    }
    if (c == etx && has_stx_) {
        part_ = Part::Checksum;
        return Step::Next;
    }
    return is_line_end(c) ? Step::Next : reject(Rejection::Truncated);
}

bool D0Decoder::awaits_silence() const {
    const bool may_be_late = has_stx_ && !checksummed_ident_.empty(); // ETX and the check character
    return inside_ && part_ == Part::End && !may_be_late;
}

void D0Decoder::silence() {
    if (awaits_silence()) {
        accept(false);
    }
}

// What lies before `position` was no readout, and nothing says that it should have been one.
D0Decoder::Step D0Decoder::give_up(std::size_t position) {
    skip_to(position);
    inside_ = false;
    return Step::Again;
}

// The search goes on behind the failed slash.
D0Decoder::Step D0Decoder::reject(Rejection reason) {
    count(reason);
    return give_up(at_ + 1);
}

D0Decoder::Step D0Decoder::accept(bool has_checksum) {
    if (const auto reason = check(has_checksum)) {
        return reject(*reason);
    }
    deliver(telegram_, has_checksum ? scan_ + 1 : at_ + mark_ + 1);
    return Step::Again;
}

std::optional<Rejection> D0Decoder::check(bool has_checksum) {
    if (has_checksum) {
        char bcc = 0;
        for (std::size_t i = at_ + data_; i < scan_; ++i) {
            bcc = static_cast<char>(bcc ^ at(i));
        }
        if (bcc != at(scan_)) {
            return Rejection::BadChecksum;
        }
    } else if (has_bad_parity()) {
        return Rejection::BadChecksum;
    }
    text_.clear();
    std::transform(buffer_.begin() + static_cast<std::ptrdiff_t>(at_ + 1),
                   buffer_.begin() + static_cast<std::ptrdiff_t>(at_ + mark_), std::back_inserter(text_),
                   without_parity);
    const std::string_view text = text_;
    const std::string_view ident = text.substr(0, text.find_first_of("\r\n"));
    telegram_.ident = ident.substr(0, ident.find_last_not_of(' ') + 1);
    if (!has_checksum && telegram_.ident == checksummed_ident_) {
        return Rejection::NoChecksum;
    }
    const std::size_t malformed = parse_d0_text(text.substr(data_ - 1), telegram_);
    if (telegram_.objects.empty() || (malformed > 0 && !has_checksum)) {
        return Rejection::Malformed;
    }
    telegram_.has_checksum = has_checksum;
    if (has_checksum) {
        checksummed_ident_ = telegram_.ident;
    }
    return std::nullopt;
}

// Where bit 7 is the even parity of a 7E1 line, about half of the bytes have it; it is the only check then.
bool D0Decoder::has_bad_parity() const {
    const auto readout = std::span(buffer_).subspan(at_, mark_);
    const auto high =
        std::count_if(readout.begin(), readout.end(), [](std::uint8_t byte) { return byte > 0x7FU; });
    const auto odd = [](std::uint8_t byte) { return std::popcount(byte) % 2 != 0; };
    return static_cast<std::size_t>(high) > readout.size() / 4 &&
           std::any_of(readout.begin(), readout.end(), odd);
}

} // namespace gridbridge
