// A TCP port of this process alone.
#pragma once

#include "drivers/io/descriptor.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

// True if nobody listens on the port of 127.0.0.1 and nobody did a moment ago.
inline bool is_free_port(std::uint16_t port) {
    const Descriptor probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// A name in the abstract namespace, which the kernel gives to one process and takes back at its end.
inline Descriptor lease_of_port(std::uint16_t port) {
    Descriptor lease(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const std::string name = "gridbridge-test-port-" + std::to_string(port);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(name.begin(), name.end(), address.sun_path + 1);
    const auto size = static_cast<socklen_t>(sizeof address.sun_family + 1 + name.size());
    const bool taken = ::bind(lease.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0;
    return taken ? Descriptor() : std::move(lease);
}

// Given to no other test until this process ends. Below the range the kernel picks from by itself, so no
// client's connection and no server on port 0 gets it either.
inline std::uint16_t free_port() {
    constexpr unsigned first = 12000;
    constexpr unsigned count = 8000;
    static std::vector<Descriptor> leases;
    static unsigned next = static_cast<unsigned>(::getpid()) * 16U;
    for (unsigned i = 0; i < count; ++i) {
        const auto port = static_cast<std::uint16_t>(first + next++ % count);
        Descriptor lease = lease_of_port(port);
        if (lease.is_open() && is_free_port(port)) {
            leases.push_back(std::move(lease));
            return port;
        }
    }
    throw std::runtime_error("no free port");
}

} // namespace gridbridge
