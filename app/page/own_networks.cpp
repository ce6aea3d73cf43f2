#include "app/page/own_networks.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

namespace gridbridge {
namespace {

constexpr int largest = 24; // bits: 254 hosts take a quarter of a minute

std::uint32_t ipv4(const sockaddr* address) {
    sockaddr_in inet{};
    std::memcpy(&inet, address, sizeof inet);
    return ntohl(inet.sin_addr.s_addr);
}

std::string network_text(const InterfaceAddress& own) {
    const int prefix = std::clamp(own.prefix, largest, 32);
    const std::uint32_t mask = ~std::uint32_t{0} << static_cast<unsigned>(32 - prefix);
    const std::uint32_t base = own.address & mask;
    return std::to_string(base >> 24U) + '.' + std::to_string(base >> 16U & 255U) + '.' +
           std::to_string(base >> 8U & 255U) + '.' + std::to_string(base & 255U) + '/' +
           std::to_string(prefix);
}

} // namespace

std::vector<InterfaceAddress> interface_addresses() {
    std::vector<InterfaceAddress> found;
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) {
        return found;
    }
    for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
        constexpr unsigned up = IFF_UP | IFF_RUNNING;
        const bool is_up = (each->ifa_flags & up) == up;
        if (is_up && each->ifa_addr != nullptr && each->ifa_netmask != nullptr &&
            each->ifa_addr->sa_family == AF_INET) {
            found.push_back({ipv4(each->ifa_addr), std::popcount(ipv4(each->ifa_netmask)),
                             (each->ifa_flags & IFF_LOOPBACK) != 0, is_for_containers(each->ifa_name)});
        }
    }
    ::freeifaddrs(all);
    return found;
}

std::vector<std::string> networks_of(std::span<const InterfaceAddress> addresses) {
    std::vector<std::string> networks;
    for (const InterfaceAddress& own : addresses) {
        std::string text = network_text(own);
        if (std::find(networks.begin(), networks.end(), text) == networks.end()) {
            networks.push_back(std::move(text));
        }
    }
    return networks;
}

bool is_for_containers(std::string_view interface) {
    constexpr std::string_view bridge = "br-";
    constexpr std::size_t id_digits = 12;
    return interface.starts_with("docker") || interface == "hassio" ||
           (interface.starts_with(bridge) && interface.size() == bridge.size() + id_digits &&
            interface.find_first_not_of("0123456789abcdef", bridge.size()) == std::string_view::npos);
}

std::vector<std::string> offered_networks(std::span<const InterfaceAddress> addresses) {
    std::vector<InterfaceAddress> others;
    std::copy_if(addresses.begin(), addresses.end(), std::back_inserter(others),
                 [](const InterfaceAddress& own) {
                     return !own.is_loopback && !own.is_of_containers && own.prefix < 31;
                 });
    return others.empty() ? networks_of(addresses) : networks_of(others);
}

} // namespace gridbridge
