#include "app/bundle/pattern.hpp"

#include "drivers/text/characters.hpp"
#include "drivers/text/hex.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <string_view>

namespace gridbridge {
namespace {

using Case = Pattern::Case;
using Edges = Pattern::Edges;
using Form = std::function<std::string(std::string_view)>;

constexpr std::size_t always_told = 6;    // characters; a shorter text may be part of any word
constexpr std::size_t longest_value = 10; // digits of a measured one

std::string upper_case(std::string_view text) {
    std::string upper(text);
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return upper;
}

std::string in_hex(std::string_view text) {
    return hex_text(Bytes(text.begin(), text.end()));
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
    }
    return out;
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view plain = "-._~";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out += is_alphanumeric(c) || plain.find(c) != std::string_view::npos
                   ? std::string{c}
                   : std::string{'%', hex_char(byte >> 4U, HexCase::Upper), hex_char(byte, HexCase::Upper)};
    }
    return out;
}

// `filler` completes the last register.
std::string swapped(std::string_view text, char filler) {
    std::string out(text);
    if (out.size() % 2 != 0) {
        out += filler;
    }
    for (std::size_t i = 0; i + 1 < out.size(); i += 2) {
        std::swap(out[i], out[i + 1]);
    }
    return out;
}

std::string one_each(std::string_view text, bool high) {
    std::string out;
    for (const char c : text) {
        out += high ? std::string{c, '\0'} : std::string{'\0', c};
    }
    return out;
}

std::string with_marks(std::string_view digits, char mark) {
    std::string out;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        out += i > 0 && i % 2 == 0 ? std::string{mark} : std::string();
        out += digits[i];
    }
    return out;
}

// 0A 01, three letters, one octet, number; what is in the last digits of the label.
std::string server_id(std::string_view label, char domain) {
    const auto number = static_cast<std::uint32_t>(parse_integer(label.substr(6)).value_or(0));
    std::string out{domain, '\x01'};
    out += upper_case(label.substr(1, 3));
    const auto octet = bytes_of_hex(label.substr(4, 2));
    out += octet ? static_cast<char>(octet->front()) : '\0';
    for (int shift = 24; shift >= 0; shift -= 8) {
        out += static_cast<char>(number >> static_cast<unsigned>(shift) & 0xFFU);
    }
    return out;
}

std::string octets_of(std::string_view digits) {
    const auto octets = bytes_of_hex(digits);
    return octets ? std::string(octets->begin(), octets->end()) : std::string();
}

class Forms {
  public:
    explicit Forms(const Replacement& replacement) : replacement_(replacement) {}

    void add(Case letters, Edges edges, const Form& form) {
        add(letters, edges, form(replacement_.original), form(replacement_.text));
    }
    // Octets and what depends on them: of the text as it is, in small letters, in capitals.
    void add_of_each_case(Case letters, const Form& form) {
        add(letters, Edges::Any, form);
        for (const auto& change : {std::function(lower_case), std::function(upper_case)}) {
            add(letters, Edges::Any, form(change(replacement_.original)), form(change(replacement_.text)));
        }
    }
    std::vector<Pattern> take() { return std::move(patterns_); }

  private:
    void add(Case letters, Edges edges, std::string from, std::string to) {
        if (letters != Case::Exact) {
            from = lower_case(from);
            to = lower_case(to);
        }
        Pattern pattern{{from.begin(), from.end()}, {to.begin(), to.end()}, letters, edges};
        const bool is_known = std::any_of(patterns_.begin(), patterns_.end(), [&](const Pattern& known) {
            return known.from == pattern.from && known.letters == pattern.letters;
        });
        if (!is_known && from.size() >= 2 && from.size() == to.size() && from != to) {
            patterns_.push_back(std::move(pattern));
        }
    }

    const Replacement& replacement_;
    std::vector<Pattern> patterns_;
};

bool is_decimal(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
}

Edges edges_of(const Replacement& replacement) {
    const std::string& text = replacement.original;
    const bool is_short = text.size() < always_told;
    const bool is_address = replacement.kind == SecretKind::Address;
    if (is_decimal(text) && (is_address || text.size() < longest_value)) {
        return Edges::Number;
    }
    return is_short || replacement.kind == SecretKind::Name ? Edges::Word : Edges::Any;
}

void add_octets(const std::string& text, Forms& forms) {
    constexpr std::size_t mac = 12;
    const bool is_hex = std::all_of(text.begin(), text.end(), is_hex_digit);
    if (is_hex && text.size() % 2 == 0) {
        forms.add(Case::Exact, Edges::Any, octets_of);
    }
    if (is_hex && text.size() == mac) {
        for (const char mark : {':', '-'}) {
            forms.add(Case::Letters, Edges::Word, [mark](std::string_view t) { return with_marks(t, mark); });
        }
    }
}

} // namespace

std::vector<Pattern> patterns_of(const Replacement& replacement) {
    Forms forms(replacement);
    const Edges edges = edges_of(replacement);
    forms.add(Case::Letters, edges, [](std::string_view text) { return std::string(text); });
    forms.add(Case::Letters, edges, escaped);
    forms.add(Case::Letters, edges, percent_encoded);
    if (replacement.kind == SecretKind::DinLabel) {
        for (const char domain : {'\x0A', '\x09'}) {
            const auto octets = [domain](std::string_view text) { return server_id(text, domain); };
            forms.add(Case::Exact, Edges::Any, octets);
            forms.add(Case::Hex, Edges::Any, [&](std::string_view text) { return in_hex(octets(text)); });
        }
    }
    forms.add_of_each_case(Case::Hex, in_hex);
    for (const char filler : {'\0', ' '}) {
        forms.add_of_each_case(Case::Exact,
                               [filler](std::string_view text) { return swapped(text, filler); });
    }
    forms.add_of_each_case(Case::Exact, [](std::string_view text) { // whatever completes the last register
        return swapped(text.substr(0, text.size() / 2 * 2), '\0');
    });
    for (const bool high : {false, true}) {
        forms.add_of_each_case(Case::Exact, [high](std::string_view text) { return one_each(text, high); });
    }
    add_octets(replacement.original, forms);
    return forms.take();
}

} // namespace gridbridge
