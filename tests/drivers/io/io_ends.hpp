// The other ends of what drivers/io opens: a pty, listening sockets, and one that swallows connections.
#pragma once

#include "drivers/io/descriptor.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace gridbridge::test {

class Terminal {
  public:
    Terminal() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        std::array<char, 64> name{};
        if (!master_.is_open() || ::grantpt(master_.get()) != 0 || ::unlockpt(master_.get()) != 0 ||
            ::ptsname_r(master_.get(), name.data(), name.size()) != 0) {
            throw std::runtime_error("no pty");
        }
        path_ = name.data();
    }
    const std::string& path() const { return path_; }
    int master() const { return master_.get(); }

  private:
    Descriptor master_;
    std::string path_;
};

inline sockaddr_in ipv4(const std::string& address, std::uint16_t port) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    ::inet_pton(AF_INET, address.c_str(), &result.sin_addr);
    return result;
}

inline Descriptor new_socket(int flags = 0) {
    return Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

inline int connect_to(const Descriptor& socket, const std::string& address, std::uint16_t port) {
    const sockaddr_in to = ipv4(address, port);
    return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

class Listening {
  public:
    explicit Listening(const std::string& address, std::uint16_t port = 0, int backlog = 8)
        : socket_(new_socket()) {
        sockaddr_in at = ipv4(address, port);
        auto* const generic = reinterpret_cast<sockaddr*>(&at);
        socklen_t size = sizeof at;
        if (::bind(socket_.get(), generic, size) != 0 || ::listen(socket_.get(), backlog) != 0 ||
            ::getsockname(socket_.get(), generic, &size) != 0) {
            throw std::runtime_error("cannot listen on " + address);
        }
        port_ = ntohs(at.sin_port);
    }
    std::uint16_t port() const { return port_; }
    int descriptor() const { return socket_.get(); }
    Descriptor accept() const { return Descriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }

  private:
    Descriptor socket_;
    std::uint16_t port_ = 0;
};

// A host that answers nothing: the queue of its listener is full, so the kernel drops every further SYN.
class Swallowing {
  public:
    explicit Swallowing(const std::string& address, std::uint16_t port = 0) : listening_(address, port, 0) {
        for (int i = 0; i < 3; ++i) {
            fillers_.push_back(new_socket(i == 0 ? 0 : SOCK_NONBLOCK));
            connect_to(fillers_.back(), address, listening_.port());
        }
    }
    std::uint16_t port() const { return listening_.port(); }

  private:
    Listening listening_;
    std::vector<Descriptor> fillers_;
};

inline std::size_t count_descriptors() {
    const std::filesystem::directory_iterator entries("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

} // namespace gridbridge::test
