// Sockets, ptys and files for the tests of the outside edge.
#pragma once

#include "tests/drivers/stream/support.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

namespace gridbridge::test {

class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {
        if (number < 0) {
            throw std::runtime_error("no descriptor");
        }
    }
    ~Descriptor() { close(); }
    Descriptor(Descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
    Descriptor& operator=(Descriptor&&) = delete;

    int number() const { return number_; }
    void send(std::span<const std::uint8_t> bytes) const {
        if (::write(number_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
            throw std::runtime_error("write failed");
        }
    }
    void close() {
        if (number_ >= 0) {
            ::close(number_);
            number_ = -1;
        }
    }

  private:
    int number_;
};

class TcpServer {
  public:
    // 0: any free port.
    explicit TcpServer(std::uint16_t port = 0) : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        constexpr int yes = 1; // the last one's connections may linger
        setsockopt(listener_.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        if (bind(listener_.number(), generic, size) != 0 || listen(listener_.number(), 8) != 0 ||
            getsockname(listener_.number(), generic, &size) != 0) {
            throw std::runtime_error("cannot listen");
        }
        port_ = ntohs(address.sin_port);
    }
    std::uint16_t port() const { return port_; }
    Descriptor accept() const {
        pollfd ready{listener_.number(), POLLIN, 0};
        if (poll(&ready, 1, 10000) != 1) {
            throw std::runtime_error("nobody connected");
        }
        return Descriptor(::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
    }

  private:
    Descriptor listener_;
    std::uint16_t port_ = 0;
};

class Pty {
  public:
    Pty() : master_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        std::array<char, 64> name{};
        if (grantpt(master_.number()) != 0 || unlockpt(master_.number()) != 0 ||
            ptsname_r(master_.number(), name.data(), name.size()) != 0) {
            throw std::runtime_error("no pty");
        }
        path_ = name.data();
        slave_ = ::open(path_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
        termios settings{};
        if (slave_ < 0 || tcgetattr(slave_, &settings) != 0) {
            throw std::runtime_error("no pty");
        }
        cfmakeraw(&settings);
        tcsetattr(slave_, TCSANOW, &settings);
    }
    ~Pty() { ::close(slave_); }
    Pty(const Pty&) = delete;
    Pty& operator=(const Pty&) = delete;
    const std::string& path() const { return path_; }
    Descriptor& master() { return master_; }

  private:
    Descriptor master_;
    std::string path_;
    int slave_ = -1; // raw from the start: what is sent before the reader opens it is kept as it is
};

class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "gridbridge-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) {
            throw std::runtime_error("no temporary folder");
        }
        path_ = pattern;
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    std::string file(const std::string& name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

inline std::size_t open_descriptors() {
    const std::filesystem::directory_iterator entries("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

} // namespace gridbridge::test
