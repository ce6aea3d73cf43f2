// Bytes as hexadecimal digits. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

enum class HexCase : unsigned char { Lower, Upper };

constexpr char hex_char(unsigned value, HexCase digits = HexCase::Lower) { // of the lowest four bits
    const std::string_view names = digits == HexCase::Upper ? "0123456789ABCDEF" : "0123456789abcdef";
    return names[value & 0xFU];
}
constexpr std::optional<int> hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return std::nullopt;
}
std::string hex_text(std::span<const std::uint8_t> bytes, HexCase digits = HexCase::Lower);
std::string hex_from_low(std::uint64_t value, int digits);                    // the lowest digit first
std::optional<std::vector<std::uint8_t>> bytes_of_hex(std::string_view text); // digits in pairs, nothing else
// Octets sent as hexadecimal digits: "4B38" is "K8". Nothing when it is not that or not printable ASCII.
std::optional<std::string> text_from_hex(std::string_view hex);

} // namespace gridbridge
