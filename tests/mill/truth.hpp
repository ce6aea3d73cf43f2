// What a simulated meter has told, and whether a published number is that.
#pragma once

#include "app/simulate/simulated_values.hpp"
#include "drivers/waist/clock.hpp"
#include "tests/mill/schedule.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge::mill {

// What it shows then.
SimulatedValues values_of(const PlannedMeter& meter, double seconds);

class Truth {
  public:
    explicit Truth(const PlannedMeter& meter) : meter_(meter) {}

    // The meter has put these values into an answer or a telegram; `arrives`: when it is there, unharmed;
    // nothing: it is not to be understood. `is_certain`: it is.
    void told(Clock::time_point made, double seconds, std::optional<Clock::time_point> arrives,
              bool is_certain);

    // What would have arrived in between never did: nobody listened.
    void missed(Clock::time_point from, Clock::time_point to);

    // Of a path below `Ac/`: whether `number` was true at a moment between `from` and `to`; nothing: it is
    // not known here.
    std::optional<bool> was(std::string_view path, double number, Clock::time_point from,
                            Clock::time_point to) const;
    // All that were true then.
    std::vector<double> numbers(std::string_view path, Clock::time_point from, Clock::time_point to) const;
    // Between arrivals until `now`, of late: the longest time.
    Clock::duration longest_gap(Clock::time_point now) const;
    // At least so many that were to be understood for certain.
    bool has_arrivals(std::size_t count, Clock::time_point from, Clock::time_point to) const;
    // The newest unharmed arrival until `now`.
    std::optional<Clock::time_point> newest_arrival(Clock::time_point now) const;

    const PlannedMeter& meter() const { return meter_; }

  private:
    struct Told {
        Clock::time_point made;
        SimulatedValues values;
    };
    // What a path shows of the values.
    struct Shown {
        enum class Of : std::uint8_t { Power, Forward, Reverse, PhasePower, PhaseVoltage } of;
        std::size_t phase;
    };
    std::optional<Shown> shown_as(std::string_view path) const;
    static double number_of(Shown shown, const SimulatedValues& values);

    // The first that was made then or later.
    std::deque<Told>::const_iterator since(Clock::time_point from) const;

    const PlannedMeter& meter_;
    std::deque<Told> told_;                  // in the order of `made`
    std::deque<Clock::time_point> arrivals_; // in their order
    std::deque<Clock::time_point> certain_;  // of these, as they were made
};

// Of the meters of a plan those at the place of the first one, one after the other.
std::vector<const Truth*> at_place_of_first(const Plan& plan, const std::vector<Truth>& truths);

} // namespace gridbridge::mill
