#include "mqtt/broker/paho_socket.hpp"

#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <mutex>
#include <set>
#include <system_error>
#include <utility>

#include <fcntl.h>

namespace gridbridge {
namespace {

// Sockets that have an owner here.
struct Claimed {
    std::mutex mutex;
    std::set<std::uint64_t> inodes; // guarded by mutex
};
Claimed& claimed() {
    static auto* const all = new Claimed; // never destroyed: Paho's threads may come late
    return *all;
}

bool is_connected_to(int fd, const std::string& address, std::uint16_t port) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) {
        return false;
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (peer.ss_family == AF_INET) {
        const auto* const v4 = reinterpret_cast<const sockaddr_in*>(&peer);
        return ntohs(v4->sin_port) == port &&
               ::inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size()) != nullptr &&
               address == text.data();
    }
    const auto* const v6 = reinterpret_cast<const sockaddr_in6*>(&peer);
    return peer.ss_family == AF_INET6 && ntohs(v6->sin6_port) == port &&
           ::inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size()) != nullptr &&
           address.substr(0, address.find('%')) == text.data(); // an interface may follow
}

void set_option(int fd, int option, int value) {
    static_cast<void>(::setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value)); // best effort
}

} // namespace

std::unique_ptr<PahoSocket> PahoSocket::find(const std::string& address, std::uint16_t port,
                                             std::chrono::milliseconds patience) {
    Claimed& all = claimed();
    const std::lock_guard lock(all.mutex);
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
        const auto fd = static_cast<int>(parse_integer(entry.path().filename().string()).value_or(-1));
        struct stat status {};
        if (!is_connected_to(fd, address, port) || ::fstat(fd, &status) != 0 ||
            all.inodes.contains(status.st_ino)) {
            continue;
        }
        Descriptor own(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
        if (!own.is_open()) {
            return nullptr;
        }
        set_option(own.get(), TCP_NODELAY, 1);
        set_option(own.get(), TCP_USER_TIMEOUT, static_cast<int>(patience.count()));
        all.inodes.insert(status.st_ino);
        return std::unique_ptr<PahoSocket>(new PahoSocket(std::move(own), status.st_ino));
    }
    return nullptr;
}

PahoSocket::~PahoSocket() {
    Claimed& all = claimed();
    const std::lock_guard lock(all.mutex);
    all.inodes.erase(inode_);
}

// An acknowledgement may come between the two questions: asked in this order `sent` is too small by it for
// once. In the other it were a position that is never reached.
Backlog PahoSocket::backlog() const {
    tcp_info info{};
    socklen_t size = sizeof info;
    int waiting = 0;
    if (::getsockopt(socket_.get(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        ::ioctl(socket_.get(), SIOCOUTQ, &waiting) != 0) {
        return {};
    }
    // Not told by emulators and kernels before 4.1: unknown is no standstill.
    if (size < offsetof(tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked) {
        return {};
    }
    const std::uint64_t acknowledged = info.tcpi_bytes_acked;
    // Counted by the kernel without a lock: below 0 when an acknowledgement comes meanwhile.
    return {acknowledged + static_cast<std::uint64_t>(std::max(waiting, 0)), acknowledged, 0};
}

void PahoSocket::abort() {
    sockaddr nowhere{};
    nowhere.sa_family =
        AF_UNSPEC; // connect(2): dissolves the association; TCP resets it and drops its queues
    static_cast<void>(::connect(socket_.get(), &nowhere, sizeof nowhere));
}

} // namespace gridbridge
