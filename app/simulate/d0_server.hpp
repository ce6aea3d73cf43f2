// Simulated IEC 62056-21 meters that must be asked, one or several on a line.
#pragma once

#include "app/simulate/stream_server.hpp"

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace gridbridge {

struct D0Device {
    std::string address;                                 // that it answers to; empty: to any
    std::function<std::string(double seconds)> telegram; // a mode C readout, `seconds` after the start
};

struct D0ServerOptions {
    StreamListen listen; // a pty or TCP
    std::vector<D0Device> devices;
    std::function<void(const std::string& line)> print_line; // "listening on serial:///tmp/meter", once
};

// Mode C with the echo of an optical head: answers "/?...!" at 300 bit/s, changes to the speed that the
// acknowledgement names, and stays at 300 without one. What is said at another speed than the port has is
// garbled, in both directions; TCP has no speed. A request without address is answered by the first device.
// Serves until stop is requested. Returns 0, or 74 after an I/O error, which was said.
int serve_d0_requests(const D0ServerOptions& options, const std::stop_token& stop);

} // namespace gridbridge
