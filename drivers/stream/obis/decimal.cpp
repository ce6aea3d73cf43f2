#include "drivers/stream/obis/decimal.hpp"

#include "drivers/text/characters.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <system_error>

namespace gridbridge {
namespace {

// Powers of ten that a double holds exactly; one operation on two exact operands is correctly rounded.
constexpr std::array<double, 23> exact_powers{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr std::uint64_t exact_mantissa = std::uint64_t{1} << 53U;
constexpr int exact_exponent = static_cast<int>(exact_powers.size()) - 1;

// Infinite when too large for a double.
double from_text(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} ? value : std::numeric_limits<double>::infinity();
}

struct Digits {
    std::uint64_t mantissa = 0;
    int fraction_digits = 0;
    int digits = 0;
};

// Nothing when a character other than digits and one point occurs.
std::optional<Digits> read_digits(std::string_view text) {
    Digits read;
    bool behind_point = false;
    for (const char c : text) {
        if (c == '.' && !behind_point) {
            behind_point = true;
        } else if (is_digit(c)) {
            read.mantissa = read.mantissa * 10 + static_cast<std::uint64_t>(c - '0');
            read.digits += 1;
            read.fraction_digits += behind_point ? 1 : 0;
        } else {
            return std::nullopt;
        }
    }
    return read.digits > 0 ? std::optional(read) : std::nullopt;
}

} // namespace

double scale_decimal(std::uint64_t mantissa, int exponent) {
    if (mantissa <= exact_mantissa && std::abs(exponent) <= exact_exponent) {
        const double power = exact_powers[static_cast<std::size_t>(std::abs(exponent))];
        const auto whole = static_cast<double>(mantissa);
        return exponent < 0 ? whole / power : whole * power;
    }
    return from_text(std::to_string(mantissa) + 'e' + std::to_string(exponent));
}

double scale_decimal(std::int64_t mantissa, int exponent) {
    if (mantissa >= 0) {
        return scale_decimal(static_cast<std::uint64_t>(mantissa), exponent);
    }
    return -scale_decimal(std::uint64_t{0} - static_cast<std::uint64_t>(mantissa), exponent);
}

std::optional<double> parse_decimal(std::string_view text) {
    const bool negative = !text.empty() && text.front() == '-';
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        text.remove_prefix(1);
    }
    const auto read = read_digits(text);
    if (!read) {
        return std::nullopt;
    }
    constexpr int digits_of_64_bits = 19;
    const double value = read->digits <= digits_of_64_bits
                             ? scale_decimal(read->mantissa, -read->fraction_digits)
                             : from_text(std::string(text));
    if (!std::isfinite(value)) {
        return std::nullopt;
    }
    return negative && value != 0 ? -value : value;
}

} // namespace gridbridge
