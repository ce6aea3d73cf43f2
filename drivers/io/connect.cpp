#include "drivers/io/connect.hpp"

#include "drivers/io/connect_race.hpp"
#include "drivers/io/link_lost.hpp"
#include "drivers/io/resolve.hpp"
#include "drivers/text/link_name.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace gridbridge {
namespace {

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

void tune(int fd) {
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

// `error` is 0 when it is connected, EINPROGRESS when that is to come.
Descriptor begin_connecting(const std::string& address, std::uint16_t port, int& error) {
    const AddressList numeric = numeric_address(address, port);
    if (!numeric) {
        error = EADDRNOTAVAIL;
        return Descriptor();
    }
    Descriptor socket(::socket(numeric->ai_family, numeric->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                               numeric->ai_protocol));
    const bool failed =
        !socket.is_open() || ::connect(socket.get(), numeric->ai_addr, numeric->ai_addrlen) != 0;
    error = failed ? errno : 0;
    return socket;
}

int outcome_of(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

// Sockets on their way. The first to connect ends it; the others are closed with this.
class Attempts {
  public:
    Attempts(std::span<const std::string> addresses, std::uint16_t port, Tries tries)
        : addresses_(addresses), port_(port),
          race_(addresses.size(), SystemClock::now(),
                tries == Tries::Once || addresses.empty() ? addresses.size() : StopWait::max_watched) {}

    Descriptor run(Clock::time_point deadline, const StopWait& wait) {
        while (!winner_.is_open() && !race_.is_lost()) {
            if (SystemClock::now() >= deadline) {
                error_ = more_telling(error_, ETIMEDOUT);
                break;
            }
            begin_what_is_due();
            if (!winner_.is_open() && !race_.is_lost()) {
                wait_for_outcomes(std::min(deadline, race_.next_at().value_or(deadline)), wait);
            }
        }
        return std::move(winner_);
    }
    int error() const { return error_; }

  private:
    void begin_what_is_due() {
        while (const auto attempt = race_.begin(SystemClock::now())) {
            int error = 0;
            Descriptor socket = begin_connecting(addresses_[*attempt], port_, error);
            if (error == EINPROGRESS) {
                pending_.push_back(std::move(socket));
            } else {
                settle(std::move(socket), error);
            }
            if (winner_.is_open()) {
                return;
            }
        }
    }

    void wait_for_outcomes(Clock::time_point deadline, const StopWait& wait) {
        std::vector<Watch> watched;
        for (const Descriptor& socket : pending_) {
            watched.push_back({socket.get(), POLLOUT});
        }
        wait.until(deadline, watched);
        for (std::size_t i = 0; i < watched.size() && !winner_.is_open(); ++i) {
            if (watched[i].ready) {
                settle(std::move(pending_[i]), outcome_of(watched[i].fd));
            }
        }
        std::erase_if(pending_, [](const Descriptor& socket) { return !socket.is_open(); });
    }

    void settle(Descriptor socket, int error) {
        if (error == 0) {
            winner_ = std::move(socket);
        } else {
            error_ = more_telling(error_, error);
            race_.failed(SystemClock::now());
        }
    }

    std::span<const std::string> addresses_;
    std::uint16_t port_;
    ConnectRace race_;
    std::vector<Descriptor> pending_;
    Descriptor winner_;
    int error_ = 0;
};

} // namespace

Descriptor connect_to_first(std::span<const std::string> addresses, std::uint16_t port,
                            Clock::time_point deadline, const StopWait& wait, int& error, Tries tries) {
    Attempts attempts(addresses.first(std::min(addresses.size(), StopWait::max_watched)), port, tries);
    Descriptor socket = attempts.run(deadline, wait);
    error = socket.is_open() ? 0 : attempts.error();
    if (socket.is_open()) {
        tune(socket.get());
    }
    return socket;
}

Descriptor connect_tcp(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
                       const StopWait& wait) {
    const auto deadline = SystemClock::now() + timeout;
    const auto addresses = interleaved(resolve_host(host, deadline, wait.stop()), StopWait::max_watched);
    if (wait.stop().stop_requested()) {
        throw Stopped();
    }
    const std::string where = "cannot connect to " + host + " port " + std::to_string(port) + ": ";
    if (addresses.empty()) {
        throw LinkLost(where + (is_link_name(host) ? std::string(link_name_unknown)
                                : SystemClock::now() < deadline
                                    ? "name not found: is it right, and does the network have a name server?"
                                    : "name not found in time: is the name server reachable from here?"));
    }
    int error = 0;
    Descriptor socket = connect_to_first(addresses, port, deadline, wait, error);
    if (!socket.is_open()) {
        throw LinkLost(where + explain_connect_error(error));
    }
    return socket;
}

std::string explain_connect_error(int error) {
    switch (error) {
    case ECONNREFUSED:
        return "refused: is the port right, and the service on that device switched on?";
    case ETIMEDOUT:
        return "no answer: is it switched on and reachable from here?";
    case EHOSTUNREACH:
    case ENETUNREACH:
        return "no route: is it switched on, and in a network that this machine reaches?";
    default:
        return std::generic_category().message(error);
    }
}

} // namespace gridbridge
