// Which readings of several meters belong together. Each has a clock and a pace of its own; nothing is
// interpolated. Pure: time comes with the readings and as an argument.
#pragma once

#include "drivers/waist/reading.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

namespace gridbridge {

// A set of readings has one of each meter: of one the reading at a moment, of the others the first one from
// then on, at most `align` later. It is settled when no meter's power has moved around that moment: from
// `settling` before it until its reading of the set. Then the set tells what was at that moment, however the
// clocks differ. Where the power moves all the time there is no such set: after `patience` the newest is
// taken, and from then on those around which the power moves hardly more than there.
class AlignedReadings {
  public:
    static constexpr std::chrono::seconds settling{1}; // `align` if that is less
    static constexpr std::chrono::seconds patience{3};
    static constexpr std::chrono::seconds looked_back{2}; // from the newest moment
    static constexpr double least_move = 50;              // W
    static constexpr double move_share = 0.05;            // of the power

    // `are_formed`: one for each meter; what it gives is settled already.
    AlignedReadings(std::vector<bool> are_formed, Clock::duration align);

    // Older ones than the newest of that meter are left out.
    void take(std::size_t meter, const Reading& reading);
    // It is lost: what it said is not used any more.
    void forget(std::size_t meter);

    // The newest set that is newer than all given before; in the order of the meters. Valid until take() or
    // forget().
    std::optional<std::vector<const Reading*>> next(Clock::time_point now);

    // Whether every meter has a reading, and no two of these are within `align`.
    bool are_apart() const;

  private:
    using History = std::deque<Reading>;
    using Set = std::vector<const Reading*>;

    std::vector<Clock::time_point> moments() const; // newest first
    std::optional<Set> set_at(Clock::time_point moment) const;
    double unrest(Clock::time_point moment, const Set& set) const;
    double unrest_of(std::size_t meter, Clock::time_point moment, const Reading& until) const;
    Set give(Clock::time_point moment, Set set, double tolerated);

    std::vector<bool> are_formed_;
    std::vector<History> histories_;
    Clock::duration align_;
    std::optional<Clock::time_point> given_;    // moment of the newest set
    std::optional<Clock::time_point> restless_; // since when there are sets, and none is good enough
    double tolerated_ = 1;                      // unrest; 1: settled
};

} // namespace gridbridge
