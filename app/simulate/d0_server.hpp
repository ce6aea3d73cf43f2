// A simulated IEC 62056-21 meter that must be asked, on a pty.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

namespace gridbridge {

struct D0ServerOptions {
    std::string path;                                        // link to the pty to create
    std::function<std::string(double seconds)> telegram;     // a mode C readout, `seconds` after the start
    std::function<void(const std::string& line)> print_line; // "listening on serial:///tmp/meter", once
};

// Mode C with the echo of an optical head: answers "/?...!" at 300 bit/s, changes to the speed that the
// acknowledgement names, and stays at 300 without one. What is said at another speed than the port has is
// garbled, in both directions. Serves until stop is requested. Returns 0, or 74 after an I/O error, which
// was said.
int serve_d0_requests(const D0ServerOptions& options, const std::stop_token& stop);

} // namespace gridbridge
