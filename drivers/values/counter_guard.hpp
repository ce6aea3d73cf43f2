// Counters move only as a mains connection can, and down only with proof.
#pragma once

#include "drivers/values/connection_bound.hpp"

#include <map>
#include <memory>
#include <vector>

namespace gridbridge {

// For every quantity of kind Counter of one meter. The first value is accepted at once, zero included; the
// last accepted one is its mark. What is doubtful is taken out of the reading (unknown: neither the old nor
// the doubtful value) until it is confirmed or returns to the mark.
//
// Electric energy (kWh, kvarh) is accepted from the mark up to what may have come since the last good
// reading: ConnectionBound at most, more where the meter's own power explains it, plus one step of the
// counter. After a restart and after a longer pause that is one day.
// - A higher value is confirmed by 3 further readings over at least 3 s that stay there and move only as far
//   as the connection allows.
// - A lower one is confirmed by 5 readings over at least 60 s in which it has moved on by at least one step,
//   as far as the power of the meter says within a factor of two; of a meter that shows no power, as far as
//   the connection allows. An exact 0 is never confirmed.
// - One reading out of line takes nothing back, two in a row begin anew.
// - A value just below the mark with fewer decimal places (a PIN was lost) leaves the mark published as long
//   as its step contains the mark.
//
// Other counters (volumes, heat, failures) may rise at any pace; a lower value is confirmed by 5 readings
// over at least 60 s, none of them falling again, but never an exact 0.
//
// Pure: time comes with the reading.
class CounterGuard {
  public:
    static constexpr int confirmations = 5;
    static constexpr std::chrono::seconds confirmation_time{60};
    static constexpr int rise_confirmations = 4; // the first of them is the rise
    static constexpr std::chrono::seconds rise_confirmation_time{3};

    using Marks = std::map<Quantity, double>; // last accepted values
    struct Exchange {
        Quantity quantity;
        double before;
        double after;
        bool operator==(const Exchange&) const = default;
    };

    // `stored`: of an earlier run, in the ratio of `limits`.
    explicit CounterGuard(const Marks& stored = {}, const CounterLimits& limits = {});

    // Takes doubtful counters out of the reading. Returns the counters that were confirmed by it.
    std::vector<Exchange> apply(Reading& reading);
    // Somebody knows better: what is held back is right.
    std::vector<Exchange> confirm();

    bool holding() const;
    std::vector<Exchange> held() const;                        // what would be accepted now
    std::uint64_t held_back() const { return held_back_; }     // values, since start
    double bound_watts() const { return connection_.watts(); } // W that a rise may have
    Marks marks() const;
    Marks standing(const Reading& reading) const; // of the counters that `reading` lacks

  private:
    // Readings that agree with each other, and not with the mark.
    struct Held {
        double base;  // the first
        double value; // the last
        double step;
        Clock::time_point since, last;
        int readings = 1;
        int strays = 0;   // readings in a row that fit neither here nor the mark
        double least = 0; // kWh since the first, by the meter's power
        double most = 0;
    };
    struct Counter {
        double mark = 0;
        double step = 0;
        std::optional<Clock::time_point> last_good = {}; // nothing: in an earlier run
        double explained = 0;                            // kWh since the mark has moved
        std::unique_ptr<Held> held = {};                 // seldom one
    };

    void follow_power();
    // What may be published.
    std::optional<double> judge(Quantity quantity, double value, Clock::time_point now,
                                std::vector<Exchange>& exchanged);
    void accept(Counter& counter, double value, Clock::time_point now) const;
    void hold(Counter& counter, bool electric, double value, Clock::time_point now) const;
    bool continues(const Held& held, bool electric, double value, Clock::time_point now) const;
    static bool is_confirmed(const Counter& counter, bool electric);

    ConnectionBound connection_;
    std::map<Quantity, Counter> counters_;
    std::uint64_t held_back_ = 0;
};

} // namespace gridbridge
