// The networks this machine is in, which may be scanned from the page. IPv4.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct InterfaceAddress {
    std::uint32_t address = 0; // in the byte order of this machine
    int prefix = 24;           // bits of the network
    bool is_loopback = false;
    bool is_of_containers = false;

    bool operator==(const InterfaceAddress&) const = default;
};

// Of the interfaces that are up.
std::vector<InterfaceAddress> interface_addresses();

// "192.168.1.0/24", each once: of a larger network the 254 hosts around the own address. Pure.
std::vector<std::string> networks_of(std::span<const InterfaceAddress> addresses);
// The names Docker and Home Assistant give: "docker0", "br-0123456789ab", "hassio". Pure.
bool is_for_containers(std::string_view interface);

// Without this machine's own and those of containers, unless there is nothing else. Pure.
std::vector<std::string> offered_networks(std::span<const InterfaceAddress> addresses);

} // namespace gridbridge
