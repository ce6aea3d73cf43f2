// Whole numbers as bytes. Pure.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace gridbridge {

// The lowest byte first.
template <std::unsigned_integral Number, typename Out>
void append_little(Out& out, Number number) {
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
        out.push_back(static_cast<std::uint8_t>(std::uint64_t{number} >> (8 * i) & 0xFFU));
    }
}

// The highest byte first.
template <std::unsigned_integral Number, typename Out>
void append_big(Out& out, Number number) {
    for (std::size_t i = sizeof(Number); i-- > 0;) {
        out.push_back(static_cast<std::uint8_t>(std::uint64_t{number} >> (8 * i) & 0xFFU));
    }
}

// `bytes` has at least `at` and the number.
template <std::unsigned_integral Number>
Number little_at(std::span<const std::uint8_t> bytes, std::size_t at) {
    std::uint64_t number = 0;
    for (std::size_t i = sizeof(Number); i-- > 0;) {
        number = number << 8U | bytes[at + i];
    }
    return static_cast<Number>(number);
}

template <std::unsigned_integral Number>
Number big_at(std::span<const std::uint8_t> bytes, std::size_t at) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
        number = number << 8U | bytes[at + i];
    }
    return static_cast<Number>(number);
}

} // namespace gridbridge
