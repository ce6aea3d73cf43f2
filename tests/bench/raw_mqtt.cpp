#include "tests/bench/raw_mqtt.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <limits>
#include <stdexcept>

namespace gridbridge::bench {
namespace {

constexpr std::uint8_t connect_type = 0x10;
constexpr std::uint8_t publish_type = 0x30;
constexpr std::uint8_t subscribe_type = 0x82;

std::string text_field(const std::string& text) {
    return {static_cast<char>(text.size() >> 8U), static_cast<char>(text.size() & 0xFFU)};
}

int connected_socket(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(fd);
        throw std::runtime_error("cannot connect to the broker");
    }
    return fd;
}

} // namespace

RawMqtt::RawMqtt(int port, const std::string& filter, Sink sink, const std::string& client_id)
    : fd_(connected_socket(port)), sink_(std::move(sink)) {
    packet(connect_type, std::string("\0\4MQTT\4\2\0\0", 10) + text_field(client_id) + client_id);
    packet(subscribe_type, std::string("\0\1", 2) + text_field(filter) + filter + '\0');
    std::array<char, 9> acknowledgements{}; // CONNACK, SUBACK
    if (::recv(fd_, acknowledgements.data(), acknowledgements.size(), MSG_WAITALL) !=
        static_cast<ssize_t>(acknowledgements.size())) {
        throw std::runtime_error("the broker refuses");
    }
    receiver_ = std::thread([this] { receive(); });
}

RawMqtt::~RawMqtt() {
    ::shutdown(fd_, SHUT_RDWR);
    receiver_.join();
    ::close(fd_);
}

void RawMqtt::packet(std::uint8_t type, const std::string& body) const {
    std::string bytes(1, static_cast<char>(type));
    for (std::size_t left = body.size();;) {
        const std::size_t digit = left % 128;
        left /= 128;
        bytes += static_cast<char>(left > 0 ? digit | 0x80U : digit);
        if (left == 0) {
            break;
        }
    }
    bytes += body;
    if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
        throw std::runtime_error("the broker has gone");
    }
}

void RawMqtt::publish(const std::string& topic, const std::string& payload) const {
    packet(publish_type, text_field(topic) + topic + payload);
}

void RawMqtt::receive() {
    std::string pending;
    std::array<char, 65536> chunk{};
    ssize_t count = 0;
    while ((count = ::recv(fd_, chunk.data(), chunk.size(), 0)) > 0) {
        const auto at = std::chrono::steady_clock::now();
        pending.append(chunk.data(), static_cast<std::size_t>(count));
        std::size_t done = 0;
        while (const std::size_t size = take_packet(std::string_view(pending).substr(done), at)) {
            done += size;
        }
        pending.erase(0, done);
    }
}

// Bytes of the first packet; 0 when it is not complete.
std::size_t RawMqtt::take_packet(std::string_view bytes, std::chrono::steady_clock::time_point at) const {
    std::size_t length = 0;
    std::size_t head = 1;
    for (unsigned shift = 0;; shift += 7, ++head) {
        if (head >= bytes.size()) {
            return 0;
        }
        const auto digit = static_cast<std::uint8_t>(bytes[head]);
        length |= static_cast<std::size_t>(digit & 0x7FU) << shift;
        if (digit < 0x80) {
            ++head;
            break;
        }
    }
    if (bytes.size() < head + length) {
        return 0;
    }
    if ((static_cast<std::uint8_t>(bytes[0]) & 0xF0U) == publish_type) {
        const std::string_view body = bytes.substr(head, length);
        const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(body[i]); };
        const auto topic_size = static_cast<std::size_t>(byte(0) << 8U | byte(1));
        sink_(body.substr(2, topic_size), body.substr(2 + topic_size), at);
    }
    return head + length;
}

double value_of(std::string_view payload) {
    const std::size_t colon = payload.find(':');
    if (colon == std::string_view::npos) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    return std::strtod(std::string(payload.substr(colon + 1)).c_str(), nullptr);
}

} // namespace gridbridge::bench
