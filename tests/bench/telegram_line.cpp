#include "tests/bench/telegram_line.hpp"

#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/simulated_values.hpp"
#include "app/simulate/sml_telegram.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

namespace gridbridge::bench {

TelegramLine::TelegramLine(Dialect dialect, bool over_tcp) : dialect_(dialect) {
    if (!over_tcp) {
        client_ = pty_.emplace().master();
        return;
    }
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size);
    ::listen(listener_, 1);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
}

TelegramLine::~TelegramLine() {
    if (!pty_) {
        ::close(client_);
        ::close(listener_);
    }
}

std::string TelegramLine::uri() const {
    const std::string driver = dialect_ == Dialect::P1 ? "p1" : "sml";
    return pty_ ? driver + "+serial://" + pty_->path() : driver + "+tcp://127.0.0.1:" + std::to_string(port_);
}

void TelegramLine::wait_for_client() {
    if (!pty_) {
        client_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        const int on = 1;
        ::setsockopt(client_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
}

void TelegramLine::offer(Latency& latency) {
    pollfd waiting{listener_, POLLIN, 0};
    if (::poll(&waiting, 1, 0) > 0) {
        ::close(client_);
        wait_for_client();
    }
    if (client_ >= 0) {
        try {
            send(latency);
        } catch (const std::runtime_error&) {
            ::close(std::exchange(client_, -1));
        }
    }
}

void TelegramLine::send(Latency& latency) {
    const long watts = latency.next_watts();
    SimulatedValues values = simulate_values(seconds_++);
    for (SimulatedPhase& phase : values.phases) {
        phase.power = std::round(phase.power);
    }
    values.phases[0].power += static_cast<double>(watts) - values.power();
    std::vector<std::uint8_t> bytes;
    if (dialect_ == Dialect::P1) {
        const std::string text = p1_telegram(values);
        bytes.assign(text.begin(), text.end());
    } else {
        bytes = sml_telegram(values);
    }
    latency.sent(watts);
    if (::write(client_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
        throw std::runtime_error("nobody reads the telegrams");
    }
}

} // namespace gridbridge::bench
