#include "app/bundle/telegram_secrets.hpp"

#include "app/bundle/checksums.hpp"
#include "drivers/text/characters.hpp"
#include "drivers/text/label.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <bit>
#include <string_view>

namespace gridbridge {
namespace {

constexpr std::size_t longest_id = 32;
constexpr std::size_t longest_value = 256;
constexpr unsigned parity_bit = 0x80;

bool is_odd(std::uint8_t byte) {
    return std::popcount(byte) % 2 != 0;
}

// A 7E1 line read as 8N1: about half of the bytes have bit 7, and nearly all are even.
bool has_parity(ByteView stream) {
    const auto high =
        std::count_if(stream.begin(), stream.end(), [](std::uint8_t c) { return c >= parity_bit; });
    const auto odd = std::count_if(stream.begin(), stream.end(), is_odd);
    const auto size = static_cast<std::ptrdiff_t>(stream.size());
    return high > size / 4 && odd < size / 16;
}

// D0 never uses bit 7, P1 may have octets in a text.
Bytes seven_bits(WireDialect dialect, ByteView stream) {
    Bytes seven(stream.begin(), stream.end());
    if (dialect == WireDialect::D0 || has_parity(stream)) {
        for (std::uint8_t& byte : seven) {
            byte = static_cast<std::uint8_t>(byte & ~parity_bit);
        }
    }
    return seven;
}

// Bit 7 of what has changed: right or wrong as it was. `seven`: what `stream` has become.
Bytes with_bit_7(ByteView stream, Bytes seven) {
    const bool is_parity = has_parity(stream);
    for (std::size_t i = 0; i < seven.size(); ++i) {
        if (is_parity) {
            const bool is_wrong = is_odd(stream[i]);
            seven[i] = static_cast<std::uint8_t>(seven[i] & ~parity_bit);
            seven[i] = static_cast<std::uint8_t>(seven[i] | (is_odd(seven[i]) != is_wrong ? parity_bit : 0));
        } else {
            seven[i] = static_cast<std::uint8_t>(seven[i] | (stream[i] & parity_bit));
        }
    }
    return seven;
}

bool is_id_character(char c) {
    constexpr std::string_view marks = ".:*&-_";
    return is_alphanumeric(c) || marks.find(c) != std::string_view::npos;
}

// Id of the value whose bracket is at `open`.
std::string_view id_before(std::string_view text, std::size_t open) {
    std::size_t begin = open;
    while (begin > 0 && open - begin < longest_id && is_id_character(text[begin - 1])) {
        --begin;
    }
    return text.substr(begin, open - begin);
}

// 0-0:96.1.4 is a version, on which decoding depends.
bool tells_identity(std::string_view id) {
    const std::string_view code = id.substr(0, id.find('*'));
    const std::string_view behind_medium = code.substr(code.find(':') + 1);
    const auto begins = [&](std::string_view group) {
        return behind_medium == group ||
               (behind_medium.starts_with(group) && behind_medium[group.size()] == '.');
    };
    return (begins("96.1") && code != "0-0:96.1.4") || begins("0.0") || begins("C.1") || begins("42.0");
}

std::string_view value_at(std::string_view text, std::size_t open) {
    const std::string_view rest = text.substr(open + 1, longest_value);
    const auto end = rest.find_first_of("()\r\n");
    return end == std::string_view::npos || rest[end] != ')' ? std::string_view() : rest.substr(0, end);
}

void add_place(std::size_t begin, std::string_view value, std::string secret, SecretPlaces& places) {
    if (value.find_first_not_of(" 0") != std::string_view::npos) {
        places.push_back({positions(begin, value.size()), std::move(secret)});
    }
}

void find_values(WireDialect dialect, std::string_view text, SecretPlaces& places) {
    for (std::size_t open = text.find('('); open != std::string_view::npos; open = text.find('(', open + 1)) {
        if (!tells_identity(id_before(text, open))) {
            continue;
        }
        const std::string_view value = value_at(text, open);
        const std::string_view inner = trim(value);
        add_place(open + 1, value,
                  dialect == WireDialect::P1 ? label_of_text(inner).text : std::string(inner), places);
    }
}

// "/?12345678!".
void find_requests(std::string_view text, SecretPlaces& places) {
    for (std::size_t at = text.find("/?"); at != std::string_view::npos; at = text.find("/?", at + 1)) {
        const std::string_view rest = text.substr(at + 2, longest_id + 1);
        const auto end = rest.find_first_of("!\r\n/");
        if (end != std::string_view::npos && rest[end] == '!') {
            add_place(at + 2, rest.substr(0, end), std::string(trim(rest.substr(0, end))), places);
        }
    }
}

SecretPlaces places_in(WireDialect dialect, ByteView seven) {
    const std::string_view text(reinterpret_cast<const char*>(seven.data()), seven.size());
    SecretPlaces places;
    find_values(dialect, text, places);
    if (dialect == WireDialect::D0) {
        find_requests(text, places);
    }
    return places;
}

} // namespace

SecretPlaces places_in_telegrams(WireDialect dialect, ByteView stream) {
    return places_in(dialect, seven_bits(dialect, stream));
}

Bytes anonymous_telegrams(WireDialect dialect, ByteView stream, const Patterns& patterns) {
    const Bytes before = seven_bits(dialect, stream);
    Bytes after = patterns.in_telegrams(before);
    for (const SecretPlace& place : places_in(dialect, before)) {
        put_at(place.octets, patterns.in_value(octets_at(place.octets, before)), after);
    }
    if (dialect == WireDialect::D0) {
        repair_d0(before, after);
    } else {
        repair_p1(before, after);
    }
    return with_bit_7(stream, std::move(after));
}

} // namespace gridbridge
