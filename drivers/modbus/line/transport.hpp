// The line to one or more Modbus units, as the poller sees it. Errors are types named by what to do next.
#pragma once

#include "drivers/io/link_lost.hpp"
#include "drivers/modbus/map/register_map.hpp"
#include "drivers/waist/clock.hpp"

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

namespace gridbridge {

// No answer in time. Count it and go on; the answer may still come.
class Timeout : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// The unit refused. Only this proves that a register does not exist.
class ExceptionReply : public std::runtime_error {
  public:
    explicit ExceptionReply(std::uint8_t code)
        : std::runtime_error("exception " + std::to_string(code)), code_(code) {}
    std::uint8_t code() const { return code_; }

  private:
    std::uint8_t code_;
};

// Wrong checksum, length, unit, function or transaction. Count it and ask again.
class BadReply : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

enum class Function : std::uint8_t { ReadHolding = 3, ReadInput = 4, WriteSingle = 6, WriteMultiple = 16 };

struct Request {
    std::uint8_t unit = 1; // 1..247
    Function function = Function::ReadHolding;
    RegisterAddress address{};
    std::uint16_t operand =
        1; // words to read (1..max_read_words), the value to write, or the number of words to write
    std::vector<std::uint16_t> words{}; // WriteMultiple: 1..123
};

// What a line shows of itself. Texts are for the user: the thing and what to do; empty: nothing.
struct LineHealth {
    std::uint64_t foreign_frames = 0; // good frames that answer no request of ours
    std::uint64_t late_answers = 0;   // of requests that were given up
    std::uint64_t reopened = 0;       // connections in place of one that the other side has closed
    bool is_shared = false;           // another client uses the line
    bool echoes = false;              // requests come back before their answers
    std::string advice;
};

// Used by one driver thread. One request at a time; the implementation keeps the silent gaps of the line.
class ModbusTransport {
  public:
    ModbusTransport() = default;
    ModbusTransport(const ModbusTransport&) = delete;
    ModbusTransport& operator=(const ModbusTransport&) = delete;
    virtual ~ModbusTransport() = default;

    // Throws LinkLost or Stopped. `stop` ends this and every later wait until close().
    virtual void open(const std::stop_token& stop) = 0;
    virtual void close() noexcept = 0;

    // Words of the answer to a read, nothing for a write. Throws any of the types above. `timeout` is the
    // time from the end of the request to the first byte of the answer.
    virtual std::vector<std::uint16_t> exchange(const Request& request,
                                                std::chrono::milliseconds timeout) = 0;

    virtual Clock::time_point last_byte() const = 0;          // arrival of the newest byte
    virtual std::chrono::microseconds round_trip() const = 0; // of the last answered request
    // The last answer may be that to the same request asked this much earlier.
    virtual Clock::duration possible_lateness() const { return {}; }
    virtual std::uint64_t skipped_bytes() const = 0; // received outside of answers, since start
    virtual LineHealth health() const { return {}; }
};

} // namespace gridbridge
