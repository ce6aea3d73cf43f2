#include "app/bundle/checksums.hpp"

#include "drivers/text/characters.hpp"
#include "drivers/text/crc16.hpp"
#include "drivers/text/hex.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace gridbridge {
namespace {

constexpr std::size_t crc_digits = 4;
constexpr std::size_t header_size = 5; // "/XXXZ"

bool is_header(ByteView bytes) {
    return bytes.size() >= header_size && bytes[0] == '/' &&
           std::all_of(bytes.begin() + 1, bytes.begin() + 4, [](int c) { return is_letter(c); }) &&
           is_alphanumeric(bytes[4]);
}

bool is_end(ByteView bytes) {
    return bytes.size() > crc_digits && bytes[0] == '!' &&
           std::all_of(bytes.begin() + 1, bytes.begin() + 1 + crc_digits,
                       [](int c) { return is_hex_digit(c); });
}

std::uint16_t sum_of(ByteView bytes, bool is_x25) {
    return is_x25 ? crc16_x25(bytes) : crc16_arc(bytes);
}

unsigned digits_at(ByteView bytes, std::size_t at) {
    unsigned number = 0;
    const char* const digits = reinterpret_cast<const char*>(bytes.data()) + at;
    std::from_chars(digits, digits + crc_digits, number, 16);
    return number;
}

void put_digits(unsigned number, std::size_t at, Bytes& bytes) {
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const bool in_small = std::any_of(begin, begin + crc_digits, [](int c) { return c >= 'a'; });
    for (std::size_t i = 0; i < crc_digits; ++i) {
        bytes[at + i] = static_cast<std::uint8_t>(
            hex_char(number >> (4 * (crc_digits - 1 - i)), in_small ? HexCase::Lower : HexCase::Upper));
    }
}

// What a telegram that ends at `mark` may begin with: behind one that was cut off follows another.
struct P1End {
    std::vector<std::size_t> headers;
    std::size_t mark = 0;
};

struct Fit {
    std::size_t header = 0;
    bool is_x25 = false;
};

std::optional<Fit> fit_of(const P1End& end, ByteView bytes, unsigned sent) {
    for (const std::size_t header : end.headers) {
        const ByteView covered = bytes.subspan(header, end.mark + 1 - header);
        for (const bool is_x25 : {false, true}) {
            if (sum_of(covered, is_x25) == sent) {
                return Fit{header, is_x25};
            }
        }
    }
    return std::nullopt;
}

void repair_end(const P1End& end, ByteView before, Bytes& after) {
    const unsigned sent = digits_at(before, end.mark + 1);
    const auto fit = fit_of(end, before, sent);
    const auto [header, is_x25] = fit.value_or(Fit{end.headers.front(), false});
    const auto covered = [&, begin = header](ByteView bytes) {
        return bytes.subspan(begin, end.mark + 1 - begin);
    };
    unsigned repaired = sent ^ sum_of(covered(before), is_x25) ^ sum_of(covered(after), is_x25);
    while (!fit && fit_of(end, after, repaired)) {
        repaired ^= 1U;
    }
    if (repaired != sent) {
        put_digits(repaired, end.mark + 1, after);
    }
}

} // namespace

void repair_p1(ByteView before, Bytes& after) {
    constexpr std::size_t most_headers = 8; // as many as the decoder tries, and the last
    P1End end;
    for (std::size_t at = 0; at < before.size(); ++at) {
        const ByteView rest = before.subspan(at);
        if (is_header(rest)) {
            if (end.headers.size() > most_headers) {
                end.headers.pop_back();
            }
            end.headers.push_back(at);
        } else if (is_end(rest)) {
            end.mark = at;
            if (!end.headers.empty()) {
                repair_end(end, before, after);
            }
            end.headers.clear();
        }
    }
}

void repair_d0(ByteView before, Bytes& after) {
    constexpr std::uint8_t stx = 0x02;
    constexpr std::uint8_t etx = 0x03;
    std::optional<std::uint8_t> change; // of the block check so far; nothing: no block
    for (std::size_t at = 0; at < before.size(); ++at) {
        if (before[at] == stx) {
            change = 0;
        } else if (change && before[at] == etx) {
            if (at + 1 < before.size()) {
                after[at + 1] = static_cast<std::uint8_t>(before[at + 1] ^ *change);
            }
            change.reset();
            ++at;
        } else if (change) {
            change = static_cast<std::uint8_t>(*change ^ before[at] ^ after[at]);
        }
    }
}

} // namespace gridbridge
