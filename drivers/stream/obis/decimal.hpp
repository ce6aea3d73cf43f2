// Exact decimal to binary conversion for numbers of meters.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gridbridge {

// Nearest double to mantissa x 10^exponent, for any exponent in -128..127. Always finite.
double scale_decimal(std::int64_t mantissa, int exponent);
double scale_decimal(std::uint64_t mantissa, int exponent);

// "[+-]digits[.digits]" and nothing else: no exponent, no inf, no hexadecimal, no blanks. Nothing when it is
// not that or not finite.
std::optional<double> parse_decimal(std::string_view text);

} // namespace gridbridge
