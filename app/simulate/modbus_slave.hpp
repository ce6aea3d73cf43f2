// A simulated Modbus slave as a function of bytes. Pure.
#pragma once

#include "app/simulate/modbus_image.hpp"
#include "app/slave/slave_frame.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// Functions 3 and 4 as the image allows, 6 and 16 on writable registers, 8 sub-function 0. Everything else is
// an exception reply. Functions 6 and 16 change the image.
std::vector<std::uint8_t> answer(ModbusImage& image, std::span<const std::uint8_t> pdu);

// "Every Nth" counts requests to units that exist, from 1; 0 is off.
struct SlaveFaults {
    unsigned drop_every = 0;      // drop=N: no answer
    unsigned crc_every = 0;       // crc=N: one bit of the answer is wrong
    unsigned exception_every = 0; // exception=CODE:N
    std::uint8_t exception_code = 0;
    std::chrono::milliseconds late{0}; // late=MS or late=MS:N
    unsigned late_every = 1;
    unsigned garbage_every = 0;           // garbage=N: noise after the answer
    std::chrono::milliseconds silence{0}; // silence=S@START: no answers for S seconds, from START on
    std::chrono::milliseconds silence_from{0};
    unsigned corrupt_every = 0;          // corrupt=N: of an em580's records
    std::chrono::milliseconds hangup{0}; // hangup=S: every S seconds all connections are closed
};

// Takes one specification into `faults`. Returns an error text, empty when it was taken.
std::string parse_fault(std::string_view text, SlaveFaults& faults);

struct SlaveListen {
    enum class Kind : std::uint8_t { Pty, Tcp, SerialOverTcp };
    Kind kind = Kind::Pty;
    std::string path;       // Pty: link to create; empty: none
    std::string host;       // address to listen on
    std::uint16_t port = 0; // 0: any free one
};

// "rtu:///tmp/meter", "tcp://127.0.0.1:1502", "rtutcp://127.0.0.1:1503". Nothing when it is none of these.
std::optional<SlaveListen> parse_slave_listen(std::string_view uri);

} // namespace gridbridge
