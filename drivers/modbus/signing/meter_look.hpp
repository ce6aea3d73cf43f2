// What the last look at a meter has shown of its transaction: 0x7100 and its text. Pure: time is an argument.
#pragma once

#include "drivers/modbus/signing/ocmf_registers.hpp"
#include "drivers/waist/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace gridbridge {

class MeterLook {
  public:
    // `ready_timeout`: how long a meter takes for its record.
    explicit MeterLook(std::chrono::milliseconds ready_timeout) : ready_timeout_(ready_timeout) {}

    void meter_found(Clock::time_point now);
    // A look begins. `for_request`: a request of a client was there by then.
    void begin(bool for_request) { for_request_ = for_request; }
    // False: there is no such state.
    bool state_read(std::uint16_t word);
    void text_read(std::span<const std::uint16_t> words);
    void set_id(std::string id); // a better one, from the record

    bool is_for_request() const { return for_request_; }
    ocmf::State state() const { return state_; }
    bool is_running() const { return state_ == ocmf::State::Running; }
    bool is_idle() const { return state_ == ocmf::State::NotReady; } // or at its record
    bool has_record() const { return state_ == ocmf::State::Ready || state_ == ocmf::State::Corrupted; }
    const std::string& id() const { return id_; } // of its transaction; empty: none known
    std::string running_text() const;             // for people
    // An end commanded by an earlier run of this program may still be at work.
    bool is_fresh(Clock::time_point now) const { return now < *first_found_ + ready_timeout_; }

  private:
    const std::chrono::milliseconds ready_timeout_;
    std::optional<Clock::time_point> first_found_;
    bool for_request_ = false;
    ocmf::State state_ = ocmf::State::NotReady;
    std::string id_;
};

} // namespace gridbridge
