// When to connect to which broker: our own reconnect state machine around the client. Pure.
#pragma once

#include "drivers/waist/clock.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>

namespace gridbridge {

// Publisher thread only. Servers are tried in order and again for ever. The pause between rounds grows with
// the outage (1/16 of it, 0.25..30 s, with jitter), so that a broker is found again within some 6 % of its
// absence and a fleet does not return in step.
class Link {
  public:
    // `jitter` gives numbers in [0, 1).
    Link(std::size_t servers, std::function<double()> jitter);

    // The server to connect to now, if it is time. The attempt counts as started.
    std::optional<std::size_t> due(Clock::time_point now);
    void connected(Clock::time_point now);
    void failed(Clock::time_point now); // attempt refused or timed out, or the connection was lost
    Clock::time_point next(Clock::time_point now) const;

    bool up() const { return state_ == State::Up; }
    std::size_t server() const { return server_; }
    // The last connections all ended soon after they came about, as happens when two clients with one client
    // id throw each other out. The pauses are longer then.
    bool looks_taken_over() const { return short_lives_ >= suspicious_short_lives; }
    unsigned long long reconnects() const { return connects_ > 0 ? connects_ - 1 : 0; }

  private:
    enum class State : unsigned char { Waiting, Connecting, Up };

    static constexpr int suspicious_short_lives = 3;

    std::size_t servers_;
    std::function<double()> jitter_;
    State state_ = State::Waiting;
    std::size_t server_ = 0;
    std::size_t tried_ = 0; // servers tried in this round
    Clock::time_point attempt_at_{};
    std::optional<Clock::time_point> down_since_;
    Clock::time_point up_at_{};
    int short_lives_ = 0; // connections in a row that ended soon
    unsigned long long connects_ = 0;
};

} // namespace gridbridge
