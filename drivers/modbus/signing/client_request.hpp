// The request of a client that is being carried out, and how far it has come. Pure: time is an argument.
#pragma once

#include "drivers/waist/clock.hpp"
#include "drivers/waist/transactions.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace gridbridge {

// A meter that has not reacted to a command by then did not get it.
inline constexpr std::chrono::seconds reaction_time{2};

class ClientRequest {
  public:
    ClientRequest(TransactionRequest what, Clock::time_point now);

    const std::string& transaction_id() const;
    const StartTransaction* start() const { return std::get_if<StartTransaction>(&what_); } // null: a Stop
    bool is_stop() const { return start() == nullptr; }
    bool is_stop_of(const std::string& id) const { return is_stop() && transaction_id() == id; }
    bool has_expired(Clock::time_point now, std::chrono::milliseconds timeout) const {
        return now >= since_ + timeout;
    }
    TransactionResult result(TransactionReason reason, std::string detail) const;

    // Whether the meter was looked at for this request, so that it can be judged.
    bool is_looked_at() const { return looked_at_; }
    void set_looked_at(bool looked_at) { looked_at_ = looked_at; }
    // What was under way is looked up in the meter again.
    void interrupted();

    // A write of a Start got no answer before the command to begin. Returns how many did not so far.
    int count_lost_write() { return ++lost_writes_; }

    // The command to begin. Sent counts whatever the answer: it may have begun.
    void begin_sent(Clock::time_point now);
    void begin_answered() { begin_answered_ = true; }
    void begin_refused(std::uint8_t exception);
    // The meter did not take it; it may be sent again.
    void begin_failed() { begun_at_ = {}; }
    bool is_beginning() const { return begun_at_ != Clock::time_point{}; }
    std::uint8_t exception() const { return refused_; } // of the newest command

    // What became of the command while the meter says that nothing runs.
    enum class Begin : std::uint8_t { NotSent, Awaited, Refused, Failed };
    Begin begin_fate(Clock::time_point now, std::chrono::milliseconds ready_timeout) const;

  private:
    TransactionRequest what_;
    Clock::time_point since_;
    bool looked_at_ = false;
    int lost_writes_ = 0;
    int begins_ = 0;
    Clock::time_point begun_at_{}; // the newest command; zero: the meter did not take it
    bool begin_answered_ = false;
    std::uint8_t refused_ = 0;
};

} // namespace gridbridge
