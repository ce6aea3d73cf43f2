// What a gateway does with the transaction ids of requests. Pure. Source of the ids: "MODBUS Messaging on
// TCP/IP" V1.0b, 3.1.3: an answer carries that of its request.
#pragma once

#include "drivers/waist/clock.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace gridbridge {

class TransactionIds {
  public:
    // With a connection. `is_silent`: the one before ended without answers. Twice after the same id: it is
    // the largest that the gateway answers, and the ids start over behind it.
    void restart(bool is_silent);
    std::uint16_t next(Clock::time_point now);
    std::uint16_t current() const { return id_; }
    void answered();
    // An answer that is not taken. How long it took if it is that to an older request.
    std::optional<Clock::duration> strange(std::uint16_t id, Clock::time_point now);
    // What the gateway does with the ids, and the remedy; empty: nothing that is known.
    std::string diagnosis() const;

  private:
    static constexpr std::size_t kept = 8;
    struct Asked {
        std::uint16_t id = 0;
        Clock::time_point at{};
        bool is_open = false;
    };
    struct Strange {
        std::uint16_t asked = 0, got = 0;
    };
    std::uint16_t id_ = 0;
    std::uint16_t answered_ = 0;     // newest one with an answer; 0: none
    std::uint16_t silent_after_ = 0; // the same of the last connection that ended without answers
    std::uint16_t largest_ = 0xFFFF;
    std::array<Asked, kept> asked_{};       // by id modulo their number
    std::array<Strange, kept> sightings_{}; // since the last right one
    std::size_t strange_ = 0;
};

} // namespace gridbridge
