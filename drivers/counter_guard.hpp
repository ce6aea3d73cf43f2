// Counters never fall: a reset, a zero after power-up or a swapped meter is held back until it is certain.
#pragma once

#include "drivers/reading.hpp"

#include <map>
#include <vector>

namespace gridbridge {

// For every quantity of kind Counter of one meter. The first value is accepted at once, zero included. A
// value below the last accepted one is taken out of the reading (unknown: neither the old nor the doubtful
// value) until 5 readings over at least 60 s agree, none of them falling again; then the meter counts from
// there. Pure: time comes with the reading.
class CounterGuard {
  public:
    static constexpr int confirmations = 5;
    static constexpr std::chrono::seconds confirmation_time{60};

    using Marks = std::map<Quantity, double>; // last accepted values
    struct Exchange {
        Quantity quantity;
        double before;
        double after;
        bool operator==(const Exchange&) const = default;
    };

    explicit CounterGuard(Marks stored = {}) : marks_(std::move(stored)) {}

    // Takes doubtful counters out of the reading. Returns the counters that were confirmed by it.
    std::vector<Exchange> apply(Reading& reading);
    // Somebody knows better: what is held back is right.
    std::vector<Exchange> confirm();

    bool holding() const { return !held_.empty(); }
    std::uint64_t held_back() const { return held_back_; } // values, since start
    const Marks& marks() const { return marks_; }

  private:
    struct Held {
        double value;
        int readings;
        Clock::time_point since;
    };
    // Whether the value may be published.
    bool check(Quantity quantity, double value, Clock::time_point now, std::vector<Exchange>& exchanged);

    Marks marks_;
    std::map<Quantity, Held> held_;
    std::uint64_t held_back_ = 0;
};

} // namespace gridbridge
