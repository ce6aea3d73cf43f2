// A transaction whose end was commanded: how long its record is waited for. Pure: time is an argument.
#pragma once

#include "drivers/waist/clock.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace gridbridge {

inline constexpr std::chrono::milliseconds ready_poll{100}; // while a record is expected

class ClosingTransaction {
  public:
    // The command to end is sent now. `ready_timeout`: how long a meter takes for its record.
    ClosingTransaction(std::string id, Clock::time_point now, std::chrono::milliseconds ready_timeout)
        : id_(std::move(id)), ready_timeout_(ready_timeout), since_(now), sent_at_(now) {}

    const std::string& id() const { return id_; }
    void command_answered() { answered_ = true; }
    // The client was told that there is no record yet; it is looked for more rarely.
    void give_up() { given_up_ = true; }
    void asked_again(Clock::time_point now);

    // Of a meter that still runs it: the command did not arrive, or was long enough ago.
    bool must_command_again(Clock::time_point now) const;
    bool is_late(Clock::time_point now) const { return now >= since_ + ready_timeout_; }
    // Neither running nor idle then means any more that there will be a record.
    bool is_hopeless(Clock::time_point now) const;
    Clock::time_point next_look(Clock::time_point now) const;

  private:
    std::string id_;
    std::chrono::milliseconds ready_timeout_;
    Clock::time_point since_; // the limit for the record counts from here
    Clock::time_point sent_at_;
    bool answered_ = false; // by the meter
    bool given_up_ = false; // the Stop was answered "timeout"
};

} // namespace gridbridge
