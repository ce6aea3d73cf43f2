#include "drivers/modbus/connect.hpp"

#include "drivers/modbus/transport.hpp"
#include "drivers/resolve.hpp"

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <linux/serial.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>

namespace gridbridge {
namespace {

std::string text_of(int error) {
    return std::generic_category().message(error);
}

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

AddressList numeric_address(const std::string& address, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
        found = nullptr;
    }
    return {found, &::freeaddrinfo};
}

void set_option(int fd, int level, int option, int value) {
    ::setsockopt(fd, level, option, &value, sizeof value); // best effort: works without, only slower
}

// A peer that vanished without a word is noticed after about 25 s.
void tune(int fd) {
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

// Sets `error` to an errno value when there is no connection.
Descriptor connect_one(const addrinfo& address, Clock::time_point deadline, const StopWait& wait,
                       int& error) {
    Descriptor socket(
        ::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
    error = 0;
    if (socket.get() < 0 || ::connect(socket.get(), address.ai_addr, address.ai_addrlen) != 0) {
        error = errno;
    }
    if (error == EINPROGRESS) {
        error = ETIMEDOUT;
        if (wait.until(deadline, socket.get(), POLLOUT) == Ready::Yes) {
            socklen_t size = sizeof error;
            ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        }
    }
    return error == 0 ? std::move(socket) : Descriptor();
}

} // namespace

Descriptor connect_tcp(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
                       const StopWait& wait) {
    const auto deadline = Clock::now() + timeout;
    const auto addresses = resolve_host(host, deadline, wait.stop());
    if (addresses.empty()) {
        throw LinkLost("host " + host + " not found");
    }
    int error = EHOSTUNREACH;
    for (const std::string& address : addresses) {
        const AddressList numeric = numeric_address(address, port);
        Descriptor socket = numeric ? connect_one(*numeric, deadline, wait, error) : Descriptor();
        if (socket.get() >= 0) {
            tune(socket.get());
            return socket;
        }
    }
    throw LinkLost("cannot connect to " + host + " port " + std::to_string(port) + ": " + text_of(error));
}

Descriptor lock_serial_port(const std::string& path) {
    Descriptor port(::open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    if (port.get() < 0) {
        const int error = errno;
        throw LinkLost(explain_open_error(path, error));
    }
    if (::flock(port.get(), LOCK_EX | LOCK_NB) != 0) {
        throw LinkLost(explain_open_error(path, EBUSY));
    }
    return port;
}

void claim_serial_port(int fd) noexcept {
    ::ioctl(fd, TIOCEXCL); // not every tty driver has it; the lock stands in any case
    serial_struct settings{};
    if (::ioctl(fd, TIOCGSERIAL, &settings) == 0) {
        settings.flags |= static_cast<int>(ASYNC_LOW_LATENCY); // FTDI adapters hold bytes for 16 ms otherwise
        ::ioctl(fd, TIOCSSERIAL, &settings);
    }
}

void release_serial_port(int fd) noexcept {
    ::ioctl(fd, TIOCNXCL); // a pty keeps the mark while its other side is open
}

std::string explain_open_error(const std::string& path, int error) {
    switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return path + " does not exist: not plugged in, or not passed into the container";
    case EBUSY:
        return path + " is in use by another program";
    case EPERM:
        return path +
               ": not permitted by the device cgroup; pass the device into the container, or, under "
               "systemd, " +
               "allow it: systemctl edit gridbridge: [Service] DeviceAllow=" + path + " rw";
    case EACCES: {
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0) {
            return path + ": permission denied";
        }
        const std::string group = std::to_string(status.st_gid);
        return path + ": permission denied: device group is " + group + ", add `group_add: [\"" + group +
               "\"]` to the container or the user to that group";
    }
    default:
        return path + ": " + text_of(error);
    }
}

} // namespace gridbridge
