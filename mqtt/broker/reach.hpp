// Whether a broker can be reached at all, before a client of Paho is made for it.
#pragma once

#include "drivers/io/io_wait.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/text/text.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// How a broker is written.
inline constexpr std::string_view plain_scheme = "mqtt://";
inline constexpr std::string_view secure_scheme = "mqtts://";

// The host and port of "mqtt://host:port" or "mqtts://host:port"; without a port that of the scheme.
Endpoint broker_endpoint(const std::string& server);

// Which of these numeric addresses takes a TCP connection within `deadline`; empty: none, and an errno value
// in `error`. They are tried beside each other. Throws Stopped. Any thread.
std::string first_to_connect(const std::vector<std::string>& addresses, std::uint16_t port,
                             Clock::time_point deadline, const StopWait& wait, int& error);

// The numeric address of the host that takes TCP connections on the port, found within `deadline`: names are
// looked up with a limit, several addresses are tried beside each other. Throws LinkLost (for the user, with
// the fix) or Stopped. Any thread.
std::string reachable_address(const std::string& server, Clock::time_point deadline, const StopWait& wait);

} // namespace gridbridge
