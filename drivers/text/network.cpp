#include "drivers/text/network.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

#include <arpa/inet.h>

namespace gridbridge {
namespace {

constexpr std::size_t bits_per_byte = 8;

using AddressBytes = std::vector<std::uint8_t>; // 4 or 16

std::optional<AddressBytes> address_bytes(std::string_view text) {
    const std::string host(text);
    AddressBytes bytes(sizeof(in6_addr));
    if (inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1) {
        return bytes;
    }
    bytes.resize(sizeof(in_addr));
    return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ? std::optional(bytes) : std::nullopt;
}

struct Network {
    AddressBytes address;
    std::size_t bits = 0; // of the address that all members share
};

std::optional<Network> parse_network(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = address_bytes(text.substr(0, slash));
    if (!address) {
        return std::nullopt;
    }
    std::size_t bits = address->size() * bits_per_byte;
    if (slash != std::string_view::npos) {
        const std::string_view length = text.substr(slash + 1);
        const std::size_t most = bits;
        const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bits);
        if (error != std::errc() || end != length.data() + length.size() || bits > most) {
            return std::nullopt;
        }
    }
    return Network{*address, bits};
}

bool is_member(const AddressBytes& address, const Network& network) {
    if (address.size() != network.address.size()) {
        return false;
    }
    for (std::size_t bit = 0; bit < network.bits; ++bit) {
        const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % bits_per_byte));
        const std::size_t byte = bit / bits_per_byte;
        if ((address[byte] & mask) != (network.address[byte] & mask)) {
            return false;
        }
    }
    return true;
}

} // namespace

bool is_network(std::string_view text) {
    return parse_network(text).has_value();
}

bool is_within(std::string_view address, std::span<const std::string> networks) {
    const auto bytes = address_bytes(address);
    return bytes && std::any_of(networks.begin(), networks.end(), [&](const std::string& text) {
               const auto network = parse_network(text);
               return network && is_member(*bytes, *network);
           });
}

} // namespace gridbridge
