// Steps of powers, currents, voltages and frequencies that no load and no grid makes. Pure.
#pragma once

#include "drivers/waist/reading.hpp"

#include <optional>

namespace gridbridge {

// What is no power, current, voltage or frequency always follows. A power, and a current times 230 V, follows
// when it is within `watts`, what the connection carries (ConnectionBound), or moved by no more from one that
// was beyond; a voltage when it moved by 60 V at most, a frequency by 5 Hz. Nothing came before: only what is
// within a connection follows.
bool gauge_follows(const QuantityRow& row, std::optional<double> earlier, double now, double watts);

// Every one of `now` that `earlier` has, too, follows it.
bool gauges_follow(const Reading& earlier, const Reading& now, double watts);

} // namespace gridbridge
