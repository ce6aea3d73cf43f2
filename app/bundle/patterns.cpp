#include "app/bundle/patterns.hpp"

#include "drivers/text/characters.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

using Case = Pattern::Case;
using Edges = Pattern::Edges;

constexpr std::uint8_t small(std::uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? static_cast<std::uint8_t>(byte + 'a' - 'A') : byte;
}
constexpr std::uint8_t capital(std::uint8_t byte) {
    return byte >= 'a' && byte <= 'z' ? static_cast<std::uint8_t>(byte + 'A' - 'a') : byte;
}
constexpr bool is_capital(std::uint8_t byte) {
    return byte >= 'A' && byte <= 'Z';
}
constexpr bool is_small(std::uint8_t byte) {
    return byte >= 'a' && byte <= 'z';
}

std::size_t place_of(std::uint8_t first, std::uint8_t second) {
    return static_cast<std::size_t>(small(first)) << 8U | small(second);
}

bool is_word(std::uint8_t byte) {
    return is_alphanumeric(byte) || byte > 0x7F;
}

// The letter of "\n", or the digits of "%20": no part of the word behind it.
bool ends_escape(std::span<const std::uint8_t> before) {
    const std::size_t size = before.size();
    return (size >= 2 && before[size - 2] == '\\' &&
            std::string_view("ntrbf").find(static_cast<char>(before[size - 1])) != std::string_view::npos) ||
           (size >= 3 && before[size - 3] == '%');
}

bool has_edges(const Pattern& pattern, std::span<const std::uint8_t> bytes, std::size_t at) {
    const auto before = bytes.first(at);
    const auto behind = bytes.subspan(at + pattern.from.size());
    if (pattern.edges == Edges::Any) {
        return true;
    }
    if (!behind.empty() && is_word(behind[0])) {
        return false;
    }
    if (!before.empty() && is_word(before.back()) && !ends_escape(before)) {
        return false;
    }
    if (pattern.edges == Edges::Word) {
        return true;
    }
    const bool goes_on = behind.size() >= 2 && behind[0] == '.' && is_digit(behind[1]);
    const bool has_unit = !behind.empty() && behind[0] == '*';
    return !goes_on && !has_unit && (before.empty() || before.back() != '.');
}

bool is_equal(const Pattern& pattern, std::span<const std::uint8_t> bytes) {
    if (bytes.size() < pattern.from.size()) {
        return false;
    }
    if (pattern.letters == Case::Exact) {
        return std::equal(pattern.from.begin(), pattern.from.end(), bytes.begin());
    }
    return std::equal(pattern.from.begin(), pattern.from.end(), bytes.begin(),
                      [](std::uint8_t a, std::uint8_t b) { return a == small(b); });
}

// In place of `bytes`, which are as long.
void put(const Pattern& pattern, std::span<std::uint8_t> bytes) {
    const bool in_capitals = std::none_of(bytes.begin(), bytes.end(), is_small);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const bool is_large = pattern.letters == Case::Hex       ? in_capitals
                              : pattern.letters == Case::Letters ? is_capital(bytes[i])
                                                                 : false;
        bytes[i] = is_large ? capital(pattern.to[i]) : pattern.to[i];
    }
}

} // namespace

Patterns::Patterns(std::span<const Replacement> replacements) : begins_one_(std::size_t{1} << 16U) {
    for (const Replacement& replacement : replacements) {
        for (Pattern& pattern : patterns_of(replacement)) {
            add(std::move(pattern));
        }
    }
}

void Patterns::add(Pattern pattern) {
    const std::size_t place = place_of(pattern.from[0], pattern.from[1]);
    begins_one_[place] = true;
    auto& list = patterns_[place];
    const auto shorter = std::find_if(list.begin(), list.end(), [&](const Pattern& known) {
        return known.from.size() < pattern.from.size();
    });
    list.insert(shorter, std::move(pattern));
}

const Pattern* Patterns::at(std::span<const std::uint8_t> bytes, std::size_t position,
                            const Rules& rules) const {
    const auto rest = bytes.subspan(position);
    const std::size_t place = place_of(rest[0], rest[1]);
    if (!begins_one_[place]) {
        return nullptr;
    }
    for (const Pattern& pattern : patterns_.at(place)) {
        const std::size_t least = pattern.letters == Case::Exact ? rules.least_octets : rules.least;
        if (pattern.from.size() >= least && is_equal(pattern, rest) &&
            (!rules.edges_matter || has_edges(pattern, bytes, position))) {
            return &pattern;
        }
    }
    return nullptr;
}

Bytes Patterns::replaced(std::span<const std::uint8_t> bytes, const Rules& rules) const {
    Bytes out(bytes.begin(), bytes.end());
    for (std::size_t position = 0; position + 1 < bytes.size();) {
        const Pattern* const found = at(bytes, position, rules);
        if (found == nullptr) {
            ++position;
            continue;
        }
        put(*found, std::span(out).subspan(position, found->from.size()));
        position += found->from.size();
    }
    return out;
}

std::string Patterns::in_text(std::string_view text) const {
    const Bytes out = in_text(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
    return {out.begin(), out.end()};
}

Bytes Patterns::in_text(std::span<const std::uint8_t> text) const {
    return replaced(text, {});
}

Bytes Patterns::in_telegrams(std::span<const std::uint8_t> bytes) const {
    return replaced(bytes, {least_octets, least_octets, true});
}

Bytes Patterns::in_binary(std::span<const std::uint8_t> bytes) const {
    return replaced(bytes, {least_octets, least_octets, false});
}

Bytes Patterns::in_value(std::span<const std::uint8_t> bytes) const {
    return replaced(bytes, {2, 2, false});
}

} // namespace gridbridge
