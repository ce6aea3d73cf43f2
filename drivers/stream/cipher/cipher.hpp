// AES-128-GCM as DLMS uses it (general-glo-ciphering, security suite 0).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace gridbridge {

using CipherKey = std::array<std::uint8_t, 16>;

// 32 hexadecimal digits; nothing when it is not that.
std::optional<CipherKey> parse_cipher_key(std::string_view hex);

// One message to decipher. All spans must outlive the call.
struct Ciphered {
    std::span<const std::uint8_t> iv;              // 12 bytes
    std::span<const std::uint8_t> additional_data; // authenticated, not encrypted
    std::span<const std::uint8_t> cipher_text;
    std::span<const std::uint8_t> tag; // 12 bytes; empty: not checked
};

// The plain text in `plain`, which is replaced. False when the tag does not fit: `plain` means nothing then.
bool decipher(const CipherKey& key, const Ciphered& message, std::vector<std::uint8_t>& plain);

} // namespace gridbridge
