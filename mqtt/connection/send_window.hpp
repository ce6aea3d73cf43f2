// How much may be handed to a connection now, so that nothing old waits in the client, the kernel or the
// broker. Pure.
#pragma once

#include "drivers/waist/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace gridbridge {

// What is under way, as a client knows it. Positions count bytes since the connection came about.
struct Backlog {
    std::uint64_t sent = 0;         // handed to the kernel
    std::uint64_t acknowledged = 0; // by the other machine
    std::size_t queued = 0;         // messages in the client, not yet handed to the kernel
};

// Publisher thread only. Time comes as argument.
class SendWindow {
  public:
    // Bytes that are older than this when they leave are no use: the newest state goes instead.
    static constexpr Clock::duration bound = std::chrono::seconds(1);
    // A connection on which nothing has moved for so long is closed: what it holds is old by now.
    static constexpr Clock::duration hopeless = std::chrono::seconds(4);

    // The connection is new; that the line was slow is remembered.
    void reset();
    void observe(const Backlog& backlog, Clock::time_point now);
    // The client has taken a message.
    void handed_over(Clock::time_point now);
    // An answer of the broker is awaited that comes after all it got so far; nothing: none is.
    void await_echo(std::optional<Clock::time_point> since) { echo_asked_ = since; }

    // Whether messages waited in the client when it was looked at last.
    bool is_queued() const { return queued_since_.has_value(); }

    // Bytes that may be handed over now.
    std::size_t allowance(Clock::time_point now) const;
    // Whether what is under way is too old for this connection to be kept.
    bool is_hopeless(Clock::time_point now) const { return age(now) > hopeless; }
    // Of the oldest byte that the other machine has not acknowledged; zero: none.
    Clock::duration age(Clock::time_point now) const;
    // How long the broker has owed an answer; zero: it owes none.
    Clock::duration echo_lag(Clock::time_point now) const;

  private:
    static constexpr Clock::duration slow_after = std::chrono::milliseconds(400);
    static constexpr Clock::duration rate_period = std::chrono::seconds(1);
    static constexpr Clock::duration recovered_after = std::chrono::seconds(10);
    static constexpr std::size_t first_window =
        65536; // bytes under way before the line is known; then what it carries
    static constexpr std::size_t least = 512; // of a slow line: a message or two
    static constexpr Clock::duration quick = std::chrono::milliseconds(100); // from here to there

    void measure(const Backlog& backlog, Clock::time_point now);
    void widen(const Backlog& backlog);
    void observe_client(std::size_t queued, Clock::time_point now);

    std::deque<std::pair<Clock::time_point, std::uint64_t>> handed_;       // when, up to which position
    std::deque<std::pair<Clock::time_point, std::uint64_t>> acknowledged_; // of the last rate_period
    std::uint64_t outstanding_ = 0;                                        // bytes
    std::optional<Clock::time_point> queued_since_;
    std::uint64_t taken_ = 0; // messages, by the client
    std::deque<std::pair<Clock::time_point, std::uint64_t>>
        taken_at_;                             // when, up to which; of those it still has
    std::optional<Clock::time_point> slow_at_; // last time it was slow
    std::size_t slow_window_ = least;          // bytes that it may have under way then, at least
    std::uint64_t widened_at_ = 0;             // position up to which that was used
    Clock::duration trip_{};                   // of what was acknowledged last
    std::optional<Clock::time_point> echo_asked_;
};

} // namespace gridbridge
