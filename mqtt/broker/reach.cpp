#include "mqtt/broker/reach.hpp"

#include "drivers/io/connect.hpp"
#include "drivers/io/connect_race.hpp"
#include "drivers/io/link_lost.hpp"
#include "drivers/io/resolve.hpp"
#include "drivers/text/endpoint.hpp"
#include "mqtt/connection/broker_errors.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <string_view>

namespace gridbridge {
namespace {

constexpr std::uint16_t plain_port = 1883;  // IANA mqtt
constexpr std::uint16_t secure_port = 8883; // IANA secure-mqtt

std::string peer_of(const Descriptor& socket) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    std::array<char, NI_MAXHOST> text{};
    const bool known = ::getpeername(socket.get(), reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
                       ::getnameinfo(reinterpret_cast<const sockaddr*>(&peer), size, text.data(), text.size(),
                                     nullptr, 0, NI_NUMERICHOST) == 0;
    return known ? std::string(text.data()) : std::string();
}

} // namespace

Endpoint broker_endpoint(const std::string& server) {
    const bool secure = server.starts_with(secure_scheme);
    const auto where = std::string_view(server).substr(secure ? secure_scheme.size() : plain_scheme.size());
    return parse_endpoint(where, secure ? secure_port : plain_port).value_or(Endpoint{});
}

std::string first_to_connect(const std::vector<std::string>& addresses, std::uint16_t port,
                             Clock::time_point deadline, const StopWait& wait, int& error) {
    const auto tried = interleaved(addresses, StopWait::max_watched);
    const Descriptor socket = connect_to_first(tried, port, deadline, wait, error, Tries::Again);
    return socket.is_open() ? peer_of(socket) : std::string();
}

std::string reachable_address(const std::string& server, Clock::time_point deadline, const StopWait& wait) {
    const Endpoint endpoint = broker_endpoint(server);
    const auto addresses = resolve_host(endpoint.host, deadline, wait.stop());
    if (wait.stop().stop_requested()) {
        throw Stopped();
    }
    if (addresses.empty()) {
        throw LinkLost(explain_unknown_host(endpoint.host));
    }
    int error = 0;
    std::string address = first_to_connect(addresses, endpoint.port, deadline, wait, error);
    if (address.empty()) {
        throw LinkLost(explain_unreachable(error));
    }
    return address;
}

} // namespace gridbridge
