// What stands in place of secrets. Pure.
#pragma once

#include "app/bundle/secret.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace gridbridge {

// Random, of one bundle, and nowhere in it: without it nobody can try all serial numbers.
using BundleKey = std::array<std::uint8_t, 32>;

struct Replacement {
    std::string original;
    std::string text;
    SecretKind kind = SecretKind::Number;

    bool operator==(const Replacement&) const = default;
};

// One of each secret, as long as it, and of the same characters: digits for digits, letters for letters of
// the same case, a to f for those of a text of hexadecimal digits, everything else as it was. An address
// stays one; of a DIN label the number is replaced, the maker stays, as what decodes the meter depends on it.
// Within a longer secret a shorter one has its own replacement. Different ones have different replacements,
// none of which is or contains a secret, as long as there are enough such texts. Short ones first.
std::vector<Replacement> replacements_for(const SecretList& secrets, const BundleKey& key);

} // namespace gridbridge
