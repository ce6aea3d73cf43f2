// Secrets that are put into recordings and texts, and a search for them that shares no code with what
// replaces them.
#pragma once

#include "app/recording/record.hpp"

#include <algorithm>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridbridge {

// Name of the encoding, and the bytes.
using Encoded = std::vector<std::pair<std::string, std::string>>;

inline std::string planted_hex(std::string_view text, std::string_view names = "0123456789abcdef") {
    std::string digits;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        digits += {names[byte / 16], names[byte % 16]};
    }
    return digits;
}
inline std::string planted_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
    }
    return out;
}
inline std::string planted_upper_hex(std::string_view text) {
    return planted_hex(text, "0123456789ABCDEF");
}

inline std::string planted_case(std::string_view text, bool capitals) {
    std::string out(text);
    for (char& c : out) {
        const bool changes = capitals ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z';
        c = static_cast<char>(changes ? c ^ 0x20 : c);
    }
    return out;
}

// Two characters in each register, the first one in the low octet. Without a last one that has a register of
// its own.
inline std::string planted_swapped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        out += text[i + 1];
        out += text[i];
    }
    return out;
}

inline std::string planted_sparse(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += '\0';
        out += c;
    }
    return out.substr(1);
}

// Of hexadecimal digits.
inline std::string planted_octets(std::string_view digits) {
    std::string out;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        out += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
    }
    return out;
}

// DIN 43863-5: "1ISK0075219242".
inline std::string planted_server_id(std::string_view label) {
    char digits[21]{};
    std::snprintf(digits, sizeof digits, "0a01%s%s%08lx", planted_hex(label.substr(1, 3)).c_str(),
                  std::string(label.substr(4, 2)).c_str(), std::stoul(std::string(label.substr(6))));
    return planted_octets(digits);
}

inline bool planted_is_hex(std::string_view text) {
    return text.size() % 2 == 0 && text.size() >= 12 &&
           text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

// Everything that a secret may be on a wire or in a text.
inline Encoded encodings_of(const std::string& secret, bool is_din = false) {
    Encoded all;
    for (const std::string& text : {secret, planted_case(secret, false), planted_case(secret, true)}) {
        all.emplace_back("text", text);
        all.emplace_back("escaped", planted_escaped(text));
        all.emplace_back("lower hex", planted_hex(text));
        all.emplace_back("upper hex", planted_upper_hex(text));
        all.emplace_back("swapped words", planted_swapped(text));
        all.emplace_back("word each", planted_sparse(text));
        all.emplace_back("reversed", std::string(text.rbegin(), text.rend()));
    }
    if (planted_is_hex(secret)) {
        const std::string octets = planted_octets(secret);
        all.emplace_back("octets", octets);
        all.emplace_back("reversed octets", std::string(octets.rbegin(), octets.rend()));
    }
    if (is_din) {
        const std::string octets = planted_server_id(secret);
        all.emplace_back("octets", octets);
        all.emplace_back("lower hex", planted_hex(octets));
        all.emplace_back("upper hex", planted_upper_hex(octets));
    }
    return all;
}

struct Planted {
    std::string secret;
    std::vector<std::string> encodings; // that it is planted in
    bool is_din = false;
    bool is_told = false; // to make_bundle(): it can not be recognised
    bool is_name = false;
};

// What is found of it, by encoding.
inline std::vector<std::string> found_in(const std::string& haystack, const Planted& planted) {
    std::vector<std::string> found;
    for (const auto& [name, bytes] : encodings_of(planted.secret, planted.is_din)) {
        if (haystack.find(bytes) != std::string::npos) {
            found.push_back(name);
        }
    }
    return found;
}

class Chance {
  public:
    explicit Chance(std::uint64_t seed) : engine_(seed) {}
    std::size_t below(std::size_t end) { return static_cast<std::size_t>(engine_() % end); }
    bool one_in(std::size_t count) { return below(count) == 0; }
    // "A" a capital, "a" a small letter, "9" a digit, "#" one but zero, "x" a hexadecimal one; others are
    // themselves.
    std::string text(std::string_view form) {
        std::string out(form);
        for (char& c : out) {
            c = c == 'A'   ? static_cast<char>('A' + below(26))
                : c == 'a' ? static_cast<char>('a' + below(26))
                : c == '9' ? static_cast<char>('0' + below(10))
                : c == '#' ? static_cast<char>('1' + below(9))
                : c == 'x' ? "0123456789abcdef"[below(16)]
                           : c;
        }
        return out;
    }

  private:
    std::mt19937_64 engine_;
};

} // namespace gridbridge
