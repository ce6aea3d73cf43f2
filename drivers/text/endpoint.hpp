// Addresses to connect to and to listen on, as users write them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace gridbridge {

struct Endpoint {
    std::string host; // IPv6 without brackets
    std::uint16_t port = 0;
    bool operator==(const Endpoint&) const = default;
};
// "host", "host:port", "[::1]:port". Without a port the default is taken; a default of 0 makes the port
// mandatory.
std::optional<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port);

inline constexpr std::string_view listen_forms =
    "must be port, :port or address:port, as in 3240, 127.0.0.1:3240, 0.0.0.0:3240 or [::]:3240";

// "3240", ":3240" and "localhost:3240" are 127.0.0.1. The host is an IP address: a name may change its
// meaning.
std::optional<Endpoint> parse_listen(std::string_view text);

bool is_loopback(const Endpoint& endpoint); // 127.0.0.0/8 or ::1

// Why an address cannot be listened on, with what to do; `key` names the setting ("[gx] listen").
std::string why_not_listening(const Endpoint& endpoint, const std::error_code& error, std::string_view key);

std::string to_text(const Endpoint& endpoint); // "127.0.0.1:3240", "[::1]:3240"

} // namespace gridbridge
