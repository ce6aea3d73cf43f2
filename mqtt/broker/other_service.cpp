#include "mqtt/broker/other_service.hpp"

#include "drivers/io/connect.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/text/text.hpp"
#include "mqtt/broker/reach.hpp"
#include "mqtt/broker/tls_probe.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include <poll.h>
#include <sys/socket.h>

namespace gridbridge {
namespace {

using namespace std::string_view_literals;

constexpr std::chrono::seconds talk_limit(1);
constexpr std::size_t shown = 40; // characters of what is no MQTT
// MQTT 3.1.1 CONNECT, clean, keepalive 5 s, no client id (OASIS 3.1).
constexpr std::string_view connect_packet = "\x10\x0C\x00\x04MQTT\x04\x02\x00\x05\x00\x00"sv;
constexpr std::string_view empty_lines = "\r\n\r\n"; // ends a request of HTTP
constexpr char connack = '\x20';
constexpr std::string_view tls_alert = "\x15\x03"sv;

constexpr const char* tls_port = "the port speaks TLS: write mqtts:// in [mqtt] servers";

std::string printable(std::string_view bytes) {
    std::string text(bytes);
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return text;
}

// Nothing: silent or closed.
std::string answer_to(const Descriptor& socket, std::string_view bytes, const StopWait& wait) {
    static_cast<void>(!::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
    std::array<char, 256> answer{};
    if (wait.until(Clock::now() + talk_limit, socket.get(), POLLIN) == Ready::Deadline) {
        return {};
    }
    const auto got = ::recv(socket.get(), answer.data(), answer.size(), MSG_DONTWAIT);
    return got > 0 ? std::string(answer.data(), static_cast<std::size_t>(got)) : std::string();
}

} // namespace

std::string explain_answer(std::string_view answer) {
    if (answer.empty() || answer.front() == connack) {
        return {};
    }
    if (answer.starts_with(tls_alert)) {
        return tls_port;
    }
    if (answer.starts_with("HTTP/") || answer.starts_with('<')) {
        return "a web server answers on this port: check the port in [mqtt] servers (brokers have 1883)";
    }
    return "no MQTT broker answers on this port, but " + in_quotes(printable(answer.substr(0, shown))) +
           ": check the port in [mqtt] servers";
}

std::string what_else_listens(const std::string& server, const std::string& address, const StopWait& wait) {
    const auto port = broker_endpoint(server).port;
    int error = 0;
    const Descriptor socket =
        connect_to_first(std::array{address}, port, Clock::now() + talk_limit, wait, error);
    if (!socket.is_open()) {
        return {};
    }
    std::string answer = answer_to(socket, connect_packet, wait);
    if (answer.empty()) {
        answer = answer_to(socket, empty_lines, wait);
    }
    if (!answer.empty()) {
        return explain_answer(answer);
    }
    return speaks_tls(server, address, wait) ? tls_port : "";
}

} // namespace gridbridge
