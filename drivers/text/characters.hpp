// Classes of ASCII characters, whatever the locale; everything else belongs to none. For char and bytes
// alike.
#pragma once

namespace gridbridge {

constexpr bool is_printable(int c) {
    return c >= ' ' && c <= '~';
}
constexpr bool is_digit(int c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_letter(int c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
constexpr bool is_alphanumeric(int c) {
    return is_digit(c) || is_letter(c);
}
constexpr bool is_hex_digit(int c) {
    return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

} // namespace gridbridge
