// Values of telegrams: a flipped bit must not become one.
#pragma once

#include "drivers/values/connection_bound.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace gridbridge {

// Takes a value out of a reading when the one before makes it implausible, until the next reading says the
// same: two damaged telegrams in a row do not agree. Never replaces a value. What a real load does passes at
// once.
//
// Implausible is
// - power, current, voltage or frequency that no load and no grid makes (gauge_follows());
// and where no checksum covers them, which is right by chance once in 65,536 times, a check character once in
// 256:
// - a counter that falls, or rises by more than the connection allows since the reading before and one step;
//   for gas, water and heat 100 m3 or 1000 kWh an hour, for numbers of failures 100 at once;
// - the first value of a voltage, a frequency or a counter.
//
// Pure: time comes with the reading.
class DoubtfulValues {
  public:
    explicit DoubtfulValues(std::optional<int> fuse) : connection_({fuse, 1}) {}

    // Returns the number of values taken out.
    std::uint64_t apply(Reading& reading, bool has_checksum);

  private:
    struct Seen {
        double value = 0;
        Clock::time_point at{};
    };
    struct History {
        std::optional<Seen> accepted;
        std::optional<Seen> before; // of the last reading that had it
    };

    bool follows(const QuantityRow& row, const std::optional<Seen>& earlier, const Seen& now) const;

    History& history_of(Quantity quantity);

    ConnectionBound connection_;
    std::vector<std::pair<Quantity, History>> history_; // sorted; of those that were there
};

} // namespace gridbridge
