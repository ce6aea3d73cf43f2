#include "tests/mill/live/live_lines.hpp"

#include "drivers/io/link_lost.hpp"
#include "drivers/io/stop_wait.hpp"
#include "tests/fakes/free_port.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;

constexpr auto glance = 20ms; // between two looks at whether to stop

bool is_serial(Medium medium) {
    return medium == Medium::Rtu || medium == Medium::Serial;
}

Descriptor listen_on(std::uint16_t port) {
    Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    constexpr int yes = 1; // connections that were cut may linger
    ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener.get(), 4) != 0) {
        throw std::runtime_error("mill: cannot listen on port " + std::to_string(port));
    }
    return listener;
}

// `driver+transport://` and the options of a URI, with another place between them.
std::string with_place(const std::string& uri, const std::string& place) {
    const auto begin = uri.find("://") + 3;
    const auto options = uri.find('?');
    return uri.substr(0, begin) + place + (options == std::string::npos ? "" : uri.substr(options));
}

bool wait_for_input(int fd, Clock::time_point until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    pollfd entry{fd, POLLIN, 0};
    return ::poll(&entry, 1, static_cast<int>(std::max(left, 0ms).count())) > 0;
}

} // namespace

LiveLines::LiveLines(Plan& plan, const LiveNetwork& network) : ports_(plan.lines.size()) {
    for (std::size_t i = 0; i < ports_.size(); ++i) {
        std::string place;
        ports_[i].line = i;
        if (is_serial(plan.lines[i].medium)) {
            place = ports_[i].link = folder_.path("line" + std::to_string(i + 1));
            ports_[i].pty = std::make_unique<Pty>(place);
        } else {
            ports_[i].number = free_port();
            ports_[i].listener = listen_on(ports_[i].number);
            place = network.host("line" + std::to_string(i + 1)) + ":" + std::to_string(ports_[i].number);
        }
        for (PlannedMeter& meter : plan.meters) {
            if (meter.line == i) {
                meter.uri = with_place(meter.uri, place);
            }
        }
    }
}

void LiveLines::serve(Installation& installation, std::mutex& mutex, const Course& course,
                      Clock::time_point begin) {
    mutex_ = &mutex;
    course_ = &course;
    begin_ = begin;
    for (std::size_t i = 0; i < ports_.size(); ++i) {
        threads_.emplace_back(
            [this, &port = ports_[i], &line = installation.line(i)](const std::stop_token& stop) {
                if (port.number != 0) {
                    serve_tcp(port, line, stop);
                } else {
                    serve_pty(port, line, stop);
                }
            });
    }
}

bool LiveLines::open(Line& line) const {
    const std::lock_guard lock(*mutex_);
    try {
        line.open(Clock::now());
        return true;
    } catch (const LinkLost&) {
        return false;
    }
}

bool LiveLines::is_away(const Port& port) const {
    return mill::is_away(*course_, port.line, Seconds(Clock::now() - begin_).count());
}

void LiveLines::serve_tcp(Port& port, Line& line, const std::stop_token& stop) const {
    while (!stop.stop_requested()) {
        if (is_away(port)) {
            port.listener.reset();
            wait_until(Clock::now() + glance, stop);
            continue;
        }
        if (!port.listener.is_open()) {
            port.listener = listen_on(port.number);
        }
        if (!wait_for_input(port.listener.get(), Clock::now() + glance)) {
            continue;
        }
        const Descriptor client(::accept4(port.listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (client.is_open() && open(line)) {
            carry(client.get(), port, line, stop);
        }
    }
}

void LiveLines::serve_pty(Port& port, Line& line, const std::stop_token& stop) const {
    constexpr auto unplugged = 300ms;
    while (!stop.stop_requested()) {
        if (!is_away(port) && open(line)) {
            port.pty = port.pty ? std::move(port.pty) : std::make_unique<Pty>(port.link);
            carry(port.pty->master(), port, line, stop);
        }
        port.pty.reset();
        wait_until(Clock::now() + unplugged, stop);
    }
}

// Until one of the two sides ends it.
void LiveLines::carry(int fd, const Port& port, Line& line, const std::stop_token& stop) const {
    std::array<std::uint8_t, 4096> bytes{};
    while (!stop.stop_requested()) {
        auto wakes = Clock::now() + glance;
        {
            const std::lock_guard lock(*mutex_);
            wakes = line.comes_at(wakes).value_or(wakes);
        }
        if (wait_for_input(fd, wakes)) {
            const auto size = ::read(fd, bytes.data(), bytes.size());
            if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
                continue;
            }
            if (size <= 0) {
                return;
            }
            const std::lock_guard lock(*mutex_);
            line.write(std::span(bytes).first(static_cast<std::size_t>(size)), Clock::now());
        }
        std::size_t size = 0;
        try {
            const std::lock_guard lock(*mutex_);
            size = line.take(bytes, Clock::now());
        } catch (const LinkLost&) {
            return;
        }
        const bool is_cut = size > 0 && is_away(port); // the rest never comes
        if (size > 0 && ::write(fd, bytes.data(), is_cut ? size / 2 : size) < 0 && errno != EAGAIN) {
            return;
        }
        if (is_cut) {
            return;
        }
    }
}

} // namespace gridbridge::mill
