// Modbus frames as bytes: requests for TCP, and the check of what comes back. Pure. Source: "MODBUS over
// Serial Line" V1.02 (2.5), "MODBUS Messaging on TCP/IP" V1.0b (3.1).
#pragma once

#include "drivers/modbus/line/transport.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gridbridge {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

bool is_write(const Request& request);
// The same registers of the same unit, read in the same way.
bool is_same_read(const Request& one, const Request& other);

std::uint16_t modbus_crc(ByteView bytes); // sent low byte first

// Unit, function, address, operand, words to write: what libmodbus completes to a serial frame.
Bytes raw_request(const Request& request);
Bytes tcp_request(const Request& request, std::uint16_t transaction);

// What a receive buffer holds so far.
struct Inspection {
    enum class State : std::uint8_t { Incomplete, Complete, Stale, Bad };
    State state = State::Incomplete;
    std::size_t offset = 0, length = 0; // Complete: unit, function and data without CRC or header.
                                        // Stale: the whole answer to an older request, to be removed
    std::string reason{};               // Bad
};

// Skips up to eight foreign bytes in front of the answer (line turn-around makes them).
Inspection inspect_serial(ByteView received, const Request& request);
// Without `transaction` any will do. Unit ids 0 and 255 are what gateways put in place of the one asked for.
Inspection inspect_tcp(ByteView received, const Request& request, std::optional<std::uint16_t> transaction);
// Bytes of the first frame with a header; 0: it has not arrived, nothing: these bytes are no header.
std::optional<std::size_t> tcp_frame_length(ByteView received);
inline constexpr std::size_t tcp_header_bytes = 6; // transaction, protocol, length; the unit follows

// Length of the frame with a good checksum at the front, whoever sent it, a request or an answer; 0: none.
std::size_t whole_frame(ByteView bytes);
// The frame, with or without checksum, has the unit, the function and the length of an answer to the request,
// or is an exception of that unit to that function.
bool is_answer_to(ByteView frame, const Request& request);

// `answer` begins with the unit, which was compared. Throws ExceptionReply or BadReply.
std::vector<std::uint16_t> check_answer(ByteView answer, const Request& request);

// Bytes on a serial line: of the request, and of its answer when all is well.
std::size_t serial_request_length(const Request& request);
std::size_t serial_answer_length(const Request& request);
Bytes serial_frame(const Request& request); // with checksum

struct LineTiming {
    int baud = 9600;        // bit/s
    int bits_per_char = 10; // start, data, parity and stop bits
};
std::chrono::microseconds wire_time(const LineTiming& line, std::size_t bytes);
// Silence between frames: 3.5 characters, above 19200 Bd fixed 1.75 ms.
std::chrono::microseconds silent_gap(const LineTiming& line);

} // namespace gridbridge
