#include "tests/bench/crowd.hpp"

#include "tests/bench/latency.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace gridbridge::bench {
namespace {

using namespace std::chrono_literals;

Descriptor listening_socket(int& port) {
    Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(listener.get(), 4) != 0) {
        throw std::runtime_error("no port for a meter");
    }
    ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    return listener;
}

// What does not fit into the socket is lost, as on a line.
CrowdMeter::Write writer(int client) {
    return [client](std::span<const std::uint8_t> bytes) {
        static_cast<void>(::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
    };
}

} // namespace

Crowd::Crowd(std::vector<std::unique_ptr<CrowdMeter>> meters)
    : events_(::epoll_create1(EPOLL_CLOEXEC)), stop_(::eventfd(0, EFD_CLOEXEC)) {
    for (auto& meter : meters) {
        int port = 0;
        Descriptor listener = listening_socket(port);
        watch(listener.get(), places_.size());
        uris_.push_back(meter->scheme() + "://127.0.0.1:" + std::to_string(port));
        places_.push_back({std::move(meter), std::move(listener), Descriptor()});
    }
    watch(stop_.get(), 2 * places_.size());
    thread_ = std::thread([this] { serve(); });
}

Crowd::~Crowd() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof one);
    thread_.join();
}

void Crowd::watch(int fd, std::size_t event) const {
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.u64 = event;
    ::epoll_ctl(events_.get(), EPOLL_CTL_ADD, fd, &wanted);
}

// The beats are spread over the second.
void Crowd::serve() {
    const auto pause = std::chrono::duration_cast<Clock::duration>(1s) / places_.size();
    auto next = Clock::now() + pause;
    std::size_t turn = 0;
    std::array<epoll_event, 64> happened{};
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
        const int count = ::epoll_wait(events_.get(), happened.data(), static_cast<int>(happened.size()),
                                       static_cast<int>(std::max(left, 0ms).count()));
        for (int i = 0; i < count; ++i) {
            const std::size_t event = happened.at(static_cast<std::size_t>(i)).data.u64;
            if (event == 2 * places_.size()) {
                return;
            }
            look_at(event);
        }
        for (; Clock::now() >= next; next += pause) {
            const Place& place = places_[turn++ % places_.size()];
            if (place.client.is_open()) {
                place.meter->beat(writer(place.client.get()));
            }
        }
    }
}

void Crowd::look_at(std::size_t event) {
    if (event < places_.size()) {
        accept_client(event);
    } else {
        receive(places_[event - places_.size()]);
    }
}

void Crowd::accept_client(std::size_t number) {
    Place& place = places_[number];
    const int client = ::accept4(place.listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) {
        return;
    }
    const int on = 1;
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    place.client = Descriptor(client);
    place.received.clear();
    watch(client, places_.size() + number);
}

void Crowd::receive(Place& place) {
    if (!place.client.is_open()) {
        return;
    }
    std::array<std::uint8_t, 512> chunk{};
    const ssize_t size = ::read(place.client.get(), chunk.data(), chunk.size());
    if (size == 0 || (size < 0 && errno != EAGAIN)) {
        place.client = Descriptor();
    } else if (size > 0) {
        place.received.insert(place.received.end(), chunk.begin(), chunk.begin() + size);
        place.meter->take(place.received, writer(place.client.get()));
    }
}

} // namespace gridbridge::bench
