// A simulated Modbus meter on a pty, on TCP, or both framings over TCP, with faults on request.
#pragma once

#include "app/simulate/modbus_slave.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace gridbridge {

struct SlaveOptions {
    SlaveListen listen;
    std::vector<ModbusImage> images; // one per unit
    SlaveFaults faults;
    int pace_baud = 0;                       // answers arrive as on a line of this speed (8N1); 0: at once
    std::chrono::milliseconds turnaround{0}; // thinking time before each answer
    std::function<void(const std::string& line)> print_line; // "listening on rtu:///dev/pts/3"; once
    // Every request before it is answered; on the thread of serve_slave().
    std::function<void(int unit, std::span<const std::uint8_t> pdu)> on_request;
};

// Serves until stop is requested. Returns 0, or 74 after an I/O error, which was said.
int serve_slave(const SlaveOptions& options, const std::stop_token& stop);

} // namespace gridbridge
