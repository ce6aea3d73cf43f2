// Opening of TCP connections and claiming of serial ports.
#pragma once

#include "drivers/modbus/io_wait.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace gridbridge {

// A connected non-blocking socket with TCP_NODELAY and keepalive. Tries every address of the host, IPv4 and
// IPv6, within `timeout` in all. Throws LinkLost with a text for the user, or Stopped.
Descriptor connect_tcp(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
                       const StopWait& wait);

// Opens the port and locks it; keep the descriptor as long as the port is in use. Throws LinkLost when the
// port cannot be opened or another program has it.
Descriptor lock_serial_port(const std::string& path);

// Keeps programs off that do not look at locks (TIOCEXCL) and asks the adapter not to hold bytes back.
void claim_serial_port(int fd) noexcept;
void release_serial_port(int fd) noexcept;

// Why a port could not be opened and what to do about it. `error` is an errno value.
std::string explain_open_error(const std::string& path, int error);

} // namespace gridbridge
