// Frames of a SunSpec device that has lost what it measures with. Pure. Source: victronenergy/venus issue
// 549; victronenergy/dbus-fronius, FroniusNullFrame.
#pragma once

#include "drivers/waist/reading.hpp"

namespace gridbridge::sunspec {

// Voltage, frequency, power and energy are 0 or unknown, at least one of the first two is 0, and the state is
// not one in which an inverter does nothing (off, asleep, shutting down, standby). A device that is connected
// and at rest shows the voltage of the grid.
bool is_null_frame(const Reading& decoded);

} // namespace gridbridge::sunspec
