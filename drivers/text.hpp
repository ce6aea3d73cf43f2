// Small pure text helpers shared by configuration and messages.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

std::optional<long long> parse_integer(std::string_view text); // decimal, whole text
std::optional<double> parse_number(std::string_view text);     // finite, whole text, locale-free
std::string number_text(double value);                         // shortest form that reads back the same
std::optional<int> hex_digit(char c);
enum class HexCase : unsigned char { Lower, Upper };
std::string hex_text(std::span<const std::uint8_t> bytes, HexCase digits = HexCase::Lower);
std::optional<std::vector<std::uint8_t>> bytes_of_hex(std::string_view text); // digits in pairs, nothing else
// Octets sent as hexadecimal digits: "4B38" is "K8". Nothing when it is not that or not printable ASCII.
std::optional<std::string> text_from_hex(std::string_view hex);
constexpr bool is_printable(char c) { // ASCII
    return c >= ' ' && c <= '~';
}

std::vector<std::string_view> split(std::string_view text, char separator); // at least one part
std::string_view trim(std::string_view text);                               // blanks, tabs, CR, LF
std::string quoted(std::string_view text);                                  // in double quotes
std::string percent_decoded(std::string_view text);                         // a bad escape is kept as it is

struct Endpoint {
    std::string host; // IPv6 without brackets
    std::uint16_t port = 0;
    bool operator==(const Endpoint&) const = default;
};
// "host", "host:port", "[::1]:port". Without a port the default is taken; a default of 0 makes the port
// mandatory.
std::optional<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port);

// `, did you mean "x"?` for the nearest name, or nothing when none is near.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> known);

} // namespace gridbridge
