// One unit on a shared line: requests with attempts, every error counted.
#pragma once

#include "drivers/modbus/line/transport.hpp"
#include "drivers/waist/reading.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

namespace gridbridge {

class UnitLine {
  public:
    // The references must outlive this.
    UnitLine(ModbusTransport& transport, std::uint8_t unit, std::chrono::milliseconds timeout,
             MeterCounters& counters, std::stop_token stop);

    // Throws the last error; LinkLost and Stopped at once, and so an exception reply that says something
    // about the register. One that does not is asked again after a pause.
    std::vector<std::uint16_t> read(RegisterAddress address, std::uint16_t words, int attempts = 1);
    std::uint16_t read_word(RegisterAddress address, int attempts);
    // Nothing when the meter has no such register.
    std::optional<std::uint16_t> read_optional_word(RegisterAddress address, int attempts);
    // Nothing either when it refuses for another reason: for what is only shown.
    std::optional<std::uint16_t> read_shown_word(RegisterAddress address, int attempts);
    void write(RegisterAddress address, std::uint16_t value);
    // Function 16, 1 to 123 words in one request, one attempt.
    void write_words(RegisterAddress address, std::vector<std::uint16_t> words);

    void read_with(Function function) { read_function_ = function; } // ReadHolding or ReadInput

    void pause(std::chrono::milliseconds time) const; // throws Stopped
    std::uint8_t unit() const { return unit_; }
    void set_unit(std::uint8_t unit) { unit_ = unit; }
    std::chrono::milliseconds timeout() const { return timeout_; }
    void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }
    Clock::time_point last_byte() const { return transport_.last_byte(); }
    Clock::duration possible_lateness() const { return transport_.possible_lateness(); }

  private:
    std::vector<std::uint16_t> exchange(const Request& request);
    void count_round_trip();

    ModbusTransport& transport_;
    std::uint8_t unit_;
    std::chrono::milliseconds timeout_;
    MeterCounters& counters_;
    std::stop_token stop_;
    Function read_function_ = Function::ReadHolding;
};

// Only "illegal function" (1) and "illegal data address" (2) prove that there is no such register.
bool is_absent(const ExceptionReply& reply);
// All others but "illegal data value" (3), which is what too long a read gets: device failure (4), busy (5,
// 6), a gateway without answer (10, 11) ... say nothing about the register: they count like a timeout.
bool is_like_timeout(const ExceptionReply& reply);

} // namespace gridbridge
