#include "drivers/io/connect_race.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace gridbridge {
namespace {

bool is_ipv6(const std::string& address) {
    return address.find(':') != std::string::npos;
}

// A host without IPv6 on one side has addresses that fail at once for a reason nobody can do anything about.
int weight(int error) {
    switch (error) {
    case 0:
        return 0;
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
        return 1;
    case ENETUNREACH:
        return 2;
    case EHOSTUNREACH:
        return 3;
    case ECONNREFUSED:
        return 6;
    case ETIMEDOUT:
        return 5;
    default:
        return 4;
    }
}

} // namespace

std::vector<std::string> interleaved(const std::vector<std::string>& addresses, std::size_t limit) {
    std::array<std::vector<std::string>, 2> families;
    const bool first = !addresses.empty() && is_ipv6(addresses.front());
    for (const std::string& address : addresses) {
        families.at(is_ipv6(address) == first ? 0 : 1).push_back(address);
    }
    std::vector<std::string> order;
    for (std::size_t i = 0; i < std::max(families[0].size(), families[1].size()); ++i) {
        for (const auto& family : families) {
            if (i < family.size() && order.size() < limit) {
                order.push_back(family[i]);
            }
        }
    }
    return order;
}

std::optional<std::size_t> ConnectRace::begin(Clock::time_point now) {
    if (begun_ == attempts_ || now < next_at_) {
        return std::nullopt;
    }
    ++under_way_;
    const std::size_t address = begun_++ % addresses_;
    next_at_ = now + (begun_ < addresses_ ? stagger : again);
    return address;
}

void ConnectRace::failed(Clock::time_point now) {
    --under_way_;
    if (begun_ < addresses_) {
        next_at_ = now;
    }
}

std::optional<Clock::time_point> ConnectRace::next_at() const {
    return begun_ == attempts_ ? std::nullopt : std::optional(next_at_);
}

int more_telling(int one, int other) {
    return weight(other) > weight(one) ? other : one;
}

} // namespace gridbridge
