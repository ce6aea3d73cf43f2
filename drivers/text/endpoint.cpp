#include "drivers/text/endpoint.hpp"

#include "drivers/text/number.hpp"

#include <array>

#include <arpa/inet.h>

namespace gridbridge {
namespace {

constexpr std::string_view loopback = "127.0.0.1";

bool is_ip_address(const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    return inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
           inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

} // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port) {
    std::string_view host = text;
    std::string_view port;
    if (!text.empty() && text.front() == '[') {
        const auto close = text.find(']');
        if (close == std::string_view::npos) {
            return std::nullopt;
        }
        host = text.substr(1, close - 1);
        port = text.substr(close + 1);
    } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon);
    }
    if (host.empty() || host.find_first_of("/ @") != std::string_view::npos) {
        return std::nullopt;
    }
    if (port.empty()) {
        return default_port == 0 ? std::nullopt : std::optional(Endpoint{std::string(host), default_port});
    }
    const auto number = port.front() == ':' ? parse_integer(port.substr(1)) : std::nullopt;
    if (!number || *number < 1 || *number > 65535) {
        return std::nullopt;
    }
    return Endpoint{std::string(host), static_cast<std::uint16_t>(*number)};
}

std::optional<Endpoint> parse_listen(std::string_view text) {
    if (text.starts_with(':')) {
        text.remove_prefix(1);
    }
    const bool port_only = text.find_first_not_of("0123456789") == std::string_view::npos;
    auto endpoint =
        parse_endpoint(port_only ? std::string(loopback) + ":" + std::string(text) : std::string(text), 0);
    if (endpoint && endpoint->host == "localhost") {
        endpoint->host = loopback;
    }
    return endpoint && is_ip_address(endpoint->host) ? endpoint : std::nullopt;
}

bool is_loopback(const Endpoint& endpoint) {
    return endpoint.host.starts_with("127.") || endpoint.host == "::1";
}

std::string why_not_listening(const Endpoint& endpoint, const std::error_code& error, std::string_view key) {
    // By number: asio's own category does not compare with std::errc.
    const std::error_condition known(error.value(), std::generic_category());
    const std::string setting(key);
    const std::string reason = to_text(endpoint) + ": cannot listen: ";
    if (known == std::errc::permission_denied) {
        return reason +
               "permission denied: ports below 1024 need CAP_NET_BIND_SERVICE (systemctl edit gridbridge: "
               "[Service] AmbientCapabilities=CAP_NET_BIND_SERVICE); or set a port from 1024 on in " +
               setting;
    }
    if (known == std::errc::address_in_use) {
        return reason + "in use by another program: stop it or set another port in " + setting;
    }
    if (known == std::errc::address_not_available) {
        return reason + "this machine does not have that address: use 0.0.0.0 in " + setting;
    }
    return reason + error.message() + ": check " + setting;
}

std::string to_text(const Endpoint& endpoint) {
    const bool ipv6 = endpoint.host.find(':') != std::string::npos;
    return (ipv6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

} // namespace gridbridge
