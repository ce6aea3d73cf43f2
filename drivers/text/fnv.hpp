// FNV-1a: a hash that is the same on every machine and in every version, unlike std::hash. Not for secrets.
// Source of the constants: Fowler, Noll, Vo, draft-eastlake-fnv, section 5.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace gridbridge {

// 32 or 64 bit.
template <typename Hash>
requires std::same_as<Hash, std::uint32_t> || std::same_as<Hash, std::uint64_t>
constexpr Hash fnv1a(std::string_view text) {
    constexpr bool is_wide = sizeof(Hash) == 8;
    constexpr auto offset_basis = static_cast<Hash>(is_wide ? 0xCBF29CE484222325U : 0x811C9DC5U);
    constexpr auto prime = static_cast<Hash>(is_wide ? 0x100000001B3U : 0x01000193U);
    Hash hash = offset_basis;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * prime;
    }
    return hash;
}

// 64 bit as 16 hex digits, lower case, the highest first.
inline std::string fnv1a_hex(std::string_view text) {
    std::string digits;
    const auto hash = fnv1a<std::uint64_t>(text);
    for (int shift = 60; shift >= 0; shift -= 4) {
        digits += "0123456789abcdef"[hash >> static_cast<unsigned>(shift) & 0xFU];
    }
    return digits;
}

} // namespace gridbridge
