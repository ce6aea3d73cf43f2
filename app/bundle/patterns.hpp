// Finds secrets in all their forms and puts others in their place. Pure; any thread.
#pragma once

#include "app/bundle/pattern.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gridbridge {

class Patterns {
  public:
    // Shorter ones are anywhere in bytes by chance; on a wire they are replaced only where it is known that
    // there is a secret.
    static constexpr std::size_t least_octets = 6;

    explicit Patterns(std::span<const Replacement> replacements);

    // As long as `text`; of several that fit, the first and then the longest.
    std::string in_text(std::string_view text) const;
    Bytes in_text(std::span<const std::uint8_t> text) const;
    // What a meter sends: numbers stay where these are parts of others.
    Bytes in_telegrams(std::span<const std::uint8_t> bytes) const;
    Bytes in_binary(std::span<const std::uint8_t> bytes) const;
    // What is known to be nothing but a secret, with what fills it up, however short.
    Bytes in_value(std::span<const std::uint8_t> bytes) const;

  private:
    struct Rules {
        std::size_t least = 2;                             // bytes
        std::size_t least_octets = Patterns::least_octets; // of those that are no text
        bool edges_matter = true;
    };
    void add(Pattern pattern);
    Bytes replaced(std::span<const std::uint8_t> bytes, const Rules& rules) const;
    const Pattern* at(std::span<const std::uint8_t> bytes, std::size_t position, const Rules& rules) const;

    std::unordered_map<std::size_t, std::vector<Pattern>>
        patterns_;                 // by their first two bytes, the longest first
    std::vector<bool> begins_one_; // which two bytes do
};

} // namespace gridbridge
