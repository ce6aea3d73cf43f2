// Whole numbers as bytes of a file of a queue, the lowest first. Pure.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace gridbridge {

template <std::unsigned_integral Number>
void put_number(std::string& bytes, Number number) {
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
        bytes += static_cast<char>(static_cast<unsigned char>(number >> (8 * i) & 0xFFU));
    }
}

// Takes them off; there must be as many.
template <std::unsigned_integral Number>
Number take_number(std::string_view& bytes) {
    Number number = 0;
    for (std::size_t i = sizeof(Number); i-- > 0;) {
        number = static_cast<Number>(number << 8U | static_cast<unsigned char>(bytes[i]));
    }
    bytes.remove_prefix(sizeof(Number));
    return number;
}

} // namespace gridbridge
