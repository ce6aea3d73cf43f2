// Opening of TCP connections.
#pragma once

#include "drivers/io/io_wait.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

namespace gridbridge {

// A connected non-blocking socket with TCP_NODELAY and keepalive: a peer that vanished without a word is
// noticed after about 25 s. Tries every address of the host as ConnectRace says, within `timeout` in all, and
// takes the first that answers. Throws LinkLost with a text for the user, or Stopped. Any thread.
Descriptor connect_tcp(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
                       const StopWait& wait);

// The same for numeric addresses in the order given, at most StopWait::max_watched. None connected: no
// descriptor, and an errno value in `error`. Throws Stopped. Again: addresses that do not answer are tried
// once more every second; not for devices that serve one connection only.
enum class Tries : bool { Once, Again };
Descriptor connect_to_first(std::span<const std::string> addresses, std::uint16_t port,
                            Clock::time_point deadline, const StopWait& wait, int& error,
                            Tries tries = Tries::Once);

// What is said of an errno value of connect(2). Pure.
std::string explain_connect_error(int error);

} // namespace gridbridge
