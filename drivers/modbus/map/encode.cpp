#include "drivers/modbus/map/encode.hpp"

#include "drivers/modbus/map/decode.hpp"
#include "drivers/text/characters.hpp"
#include "drivers/text/hex.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

namespace gridbridge {
namespace {

struct Range {
    double min = 0, max = 0;
};

Range range_of(Encoding encoding) {
    constexpr double two_to_63 = 9223372036854775808.0;
    constexpr double below_two_to_63 = 9223372036854774784.0; // the largest double below
    switch (encoding) {
    case Encoding::Int16:
    case Encoding::PhaseOrder:
        return {-32768, 32767};
    case Encoding::Uint16:
    case Encoding::Code:
        return {0, 65535};
    case Encoding::Int32LowFirst:
        return {-2147483648.0, 2147483647.0};
    case Encoding::Uint32HighFirst:
    case Encoding::Uint64HighFirst:
    case Encoding::Float32HighFirst:
    case Encoding::ThousandthsLowFirst:
        return {1, 0}; // not needed by any image: does not fit
    case Encoding::Int64LowFirst:
        break;
    }
    return {-two_to_63, below_two_to_63};
}

std::optional<double> raw_value(const RegisterRow& row, double value, std::int16_t in_order_word) {
    if (row.encoding == Encoding::PhaseOrder) {
        return value == 0 ? std::optional<double>(in_order_word)
                          : (value == 1 ? std::optional<double>(-1) : std::nullopt);
    }
    const double raw = std::round(value * row.divisor);
    const Range range = range_of(row.encoding);
    const bool fits = raw >= range.min && raw <= range.max; // false for NaN
    return fits && !(row.magnitude && raw < 0) ? std::optional(raw) : std::nullopt;
}

void put(std::int64_t value, std::span<std::uint16_t> words) {
    auto raw = static_cast<std::uint64_t>(value);
    for (std::uint16_t& word : words) {
        word = static_cast<std::uint16_t>(raw & 0xFFFF);
        raw >>= 16;
    }
}

bool goes_into_a_name(char c) {
    return is_alphanumeric(c) || c == '_';
}

} // namespace

bool encode_row(const RegisterRow& row, double value, std::int16_t in_order_word,
                std::span<std::uint16_t> words) {
    const auto raw = raw_value(row, value, in_order_word);
    if (!raw || words.size() != words_of(row.encoding)) {
        return false;
    }
    std::array<std::uint16_t, 4> encoded{};
    const auto used = std::span(encoded).first(words.size());
    put(static_cast<std::int64_t>(*raw), used);
    if (!decode_row(row, used, in_order_word)) {
        return false;
    }
    std::copy(used.begin(), used.end(), words.begin());
    return true;
}

void encode_no_value(const RegisterRow& row, std::int16_t in_order_word, std::span<std::uint16_t> words) {
    std::int64_t marker = 0;
    switch (row.no_value) {
    case NoValue::Int32Max:
    case NoValue::HighWord7Fff:
        marker = std::numeric_limits<std::int32_t>::max();
        break;
    case NoValue::Int16Max:
        marker = std::numeric_limits<std::int16_t>::max();
        break;
    case NoValue::Uint16Max:
        marker = std::numeric_limits<std::uint16_t>::max();
        break;
    case NoValue::Int16Min:
        marker = std::numeric_limits<std::int16_t>::min();
        break;
    case NoValue::Zero:
    case NoValue::Never:
        break;
    }
    if (row.encoding == Encoding::PhaseOrder) {
        marker = in_order_word + 1 == -1 ? in_order_word - 1 : in_order_word + 1; // neither of the two
    }
    put(marker, words);
}

std::array<std::uint16_t, packed_serial_words> encode_serial(std::string_view serial) {
    constexpr std::size_t most = 2 * packed_serial_words;
    std::string text;
    std::copy_if(serial.begin(), serial.end(), std::back_inserter(text), goes_into_a_name);
    if (text.size() < 2) {
        const std::vector<std::uint8_t> bytes(serial.begin(), serial.end());
        text = hex_text(bytes, HexCase::Upper);
    }
    if (text.size() > most) {
        text.erase(0, text.size() - most);
    }
    text.resize(most);
    std::array<std::uint16_t, packed_serial_words> words{};
    for (std::size_t i = 0; i < words.size(); ++i) {
        words[i] = static_cast<std::uint16_t>(text[2 * i] << 8 | text[2 * i + 1]);
    }
    return words;
}

std::uint16_t encode_version(std::string_view version) {
    constexpr std::array<long long, 3> limits{0xF, 0xF, 0xFF};
    constexpr std::array<int, 3> shifts{12, 8, 0};
    const auto parts = split(version, '.');
    unsigned word = 0;
    for (std::size_t i = 0; i < std::min(parts.size(), limits.size()); ++i) {
        const long long part = std::clamp(parse_integer(parts[i]).value_or(0), 0LL, limits[i]);
        word |= static_cast<unsigned>(part) << shifts[i];
    }
    return static_cast<std::uint16_t>(word);
}

} // namespace gridbridge
