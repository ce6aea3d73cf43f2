// Where in a stream there is a secret, told by what is around it.
#pragma once

#include "app/recording/record.hpp"

#include <cstddef>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace gridbridge {

using ByteView = std::span<const std::uint8_t>;

struct SecretPlace {
    std::vector<std::size_t> octets; // their positions, in order
    std::string secret;              // what they say, as the rest of the program shows it
};
using SecretPlaces = std::vector<SecretPlace>;

inline std::vector<std::size_t> positions(std::size_t begin, std::size_t size) {
    std::vector<std::size_t> list(size);
    std::iota(list.begin(), list.end(), begin);
    return list;
}

inline Bytes octets_at(const std::vector<std::size_t>& where, ByteView bytes) {
    Bytes octets;
    octets.reserve(where.size());
    for (const std::size_t position : where) {
        octets.push_back(bytes[position]);
    }
    return octets;
}

inline void put_at(const std::vector<std::size_t>& where, ByteView octets, Bytes& bytes) {
    for (std::size_t i = 0; i < where.size(); ++i) {
        bytes[where[i]] = octets[i];
    }
}

} // namespace gridbridge
