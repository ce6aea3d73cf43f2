#include "drivers/stream/recognise/readable.hpp"

#include "drivers/text/characters.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {
namespace {

constexpr std::string_view line_marks("\r\n\0\2\3\6", 6);

// Without the parity where bit 7 is one: set in many bytes, and right in nearly all.
std::string as_text(std::span<const std::uint8_t> bytes) {
    const auto count = [&](auto fits) {
        return static_cast<std::size_t>(std::count_if(bytes.begin(), bytes.end(), fits));
    };
    const std::size_t plain = count([](std::uint8_t byte) { return byte < 0x80; });
    const std::size_t even = count([](std::uint8_t byte) { return std::popcount(byte) % 2 == 0; });
    const bool is_parity = plain * 10 < bytes.size() * 9 && even * 10 >= bytes.size() * 9;
    std::string text(bytes.begin(), bytes.end());
    for (char& c : text) {
        c = is_parity ? static_cast<char>(static_cast<unsigned char>(c) & 0x7FU) : c;
    }
    return text;
}

template <typename Take>
void for_each_line(std::string_view text, Take take) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of(line_marks), text.size());
        if (end > 0) {
            take(text.substr(0, end));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

// Takes up to `most` characters that `fits` accepts; how many there were.
template <typename Fits>
std::size_t take(std::string_view& text, std::size_t most, Fits fits) {
    std::size_t count = 0;
    while (count < std::min(most, text.size()) && fits(text[count])) {
        ++count;
    }
    text.remove_prefix(count);
    return count;
}

bool take_char(std::string_view& text, char wanted) {
    const bool there = text.starts_with(wanted);
    text.remove_prefix(there ? 1 : 0);
    return there;
}

// "1-0:" at the front. False when something else stands in front of a colon.
bool take_medium(std::string_view& id) {
    if (id.find(':') == std::string_view::npos) {
        return true;
    }
    return take(id, 3, is_digit) > 0 && take_char(id, '-') && take(id, 3, is_digit) > 0 && take_char(id, ':');
}

// An OBIS code as meters print it: "1-0:1.8.0", "1.8.0*01", "C.1.0", "16.7".
bool is_code(std::string_view id) {
    const auto value = [](char c) { return is_digit(c) || (c >= 'A' && c <= 'Z'); };
    if (!take_medium(id) || take(id, 3, value) == 0 || !take_char(id, '.') || take(id, 3, value) == 0) {
        return false;
    }
    if (take_char(id, '.') && take(id, 3, is_digit) == 0) {
        return false;
    }
    if (take_char(id, '*') || take_char(id, '&')) {
        return take(id, 3, is_digit) > 0 && id.empty();
    }
    return id.empty();
}

bool is_data_line(std::string_view line) {
    const std::size_t open = line.find('(');
    return open != std::string_view::npos && (line.ends_with(')') || line.ends_with(")!")) &&
           is_code(line.substr(0, open)) && std::all_of(line.begin(), line.end(), is_printable);
}

bool is_p1_line(std::string_view line) {
    constexpr std::array<std::string_view, 11> fronts{
        "1-3:0.2.8(", "0-0:1.0.0(", "0-0:17.0.0(", "0-0:96.1.1(", "0-0:96.1.4(", "0-0:96.14.0(",
        "0-0:96.13.", "0-1:24.",    "0-2:24.",     "0-3:24.",     "0-4:24."};
    return std::any_of(fronts.begin(), fronts.end(),
                       [&](std::string_view front) { return line.starts_with(front); });
}

bool is_p1_end(std::string_view line) {
    const std::size_t mark = line.rfind('!');
    return mark != std::string_view::npos && line.size() == mark + 5 &&
           std::all_of(line.begin() + static_cast<std::ptrdiff_t>(mark) + 1, line.end(), is_hex_digit);
}

bool is_header(std::string_view line) {
    constexpr std::size_t letters = 3;
    return line.size() > letters + 1 && line[0] == '/' &&
           std::all_of(line.begin() + 1, line.begin() + 1 + letters, is_letter) &&
           std::all_of(line.begin(), line.end(), is_printable);
}

std::string lower_case(std::span<const std::uint8_t> bytes) {
    std::string text(bytes.begin(), bytes.end());
    for (char& c : text) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}

template <std::size_t Size>
bool contains_any(std::string_view text, const std::array<std::string_view, Size>& marks) {
    return std::any_of(marks.begin(), marks.end(),
                       [&](std::string_view mark) { return text.find(mark) != std::string_view::npos; });
}

bool is_web(std::string_view text) {
    constexpr std::array<std::string_view, 5> marks{"http/1.0 ", "http/1.1 ", "<!doctype html", "<html>",
                                                    "<html "};
    return contains_any(text, marks);
}

// Two telnet options in a row: IAC, WILL to DONT, one of the common options (RFC 854; 2C: RFC 2217).
bool is_login(std::span<const std::uint8_t> bytes, std::string_view text) {
    constexpr std::size_t size = 3;
    const auto is_option = [&](std::size_t at) {
        return bytes[at] == 0xFF && bytes[at + 1] >= 0xFB && bytes[at + 1] <= 0xFE && bytes[at + 2] <= 0x2C;
    };
    bool negotiates = false;
    for (std::size_t at = 0; at + 2 * size <= bytes.size() && !negotiates; ++at) {
        negotiates = is_option(at) && is_option(at + size);
    }
    constexpr std::array<std::string_view, 4> marks{"login: ", "username: ", "password: ", "ssh-2.0-"};
    return negotiates || contains_any(text, marks);
}

bool is_modem(std::string_view text) {
    constexpr std::array<std::string_view, 5> sure{"no carrier", "+cme error",
                                                   "+cpin: ", "+creg: ", "+csq: "};
    constexpr std::array<std::string_view, 5> words{"ok", "error", "rdy", "ring", "at"};
    std::size_t lines = 0;
    for_each_line(text, [&](std::string_view line) {
        lines += line.starts_with("at+") || std::find(words.begin(), words.end(), line) != words.end();
    });
    return lines >= 2 || contains_any(text, sure);
}

// Nothing but requests "/?...!", acknowledgements and zeros to wake a meter up.
bool is_echo(std::string_view text) {
    std::size_t requests = 0;
    bool only = true;
    for_each_line(text, [&](std::string_view line) {
        const bool request = line.starts_with("/?") && line.ends_with('!');
        const bool acknowledge = line.size() == 3 && std::all_of(line.begin(), line.end(), is_digit);
        requests += request ? 1U : 0U;
        only = only && (request || acknowledge);
    });
    return only && requests >= 2;
}

} // namespace

MeterText look_for_meter_text(std::span<const std::uint8_t> bytes) {
    MeterText found;
    for_each_line(as_text(bytes), [&](std::string_view line) {
        const bool data = is_data_line(line);
        found.lines += data ? 1U : 0U;
        found.p1_lines += data && is_p1_line(line) ? 1U : 0U;
        found.p1_ends += is_p1_end(line) ? 1U : 0U;
        found.has_header = found.has_header || is_header(line);
    });
    return found;
}

StreamKind look_for_service(std::span<const std::uint8_t> bytes) {
    const std::string text = lower_case(bytes);
    if (is_web(text)) {
        return StreamKind::Web;
    }
    if (is_login(bytes, text)) {
        return StreamKind::Login;
    }
    if (is_modem(text)) {
        return StreamKind::Modem;
    }
    return is_echo(as_text(bytes)) ? StreamKind::Echo : StreamKind::Nothing;
}

} // namespace gridbridge
