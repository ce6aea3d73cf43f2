// The registers of a SunSpec inverter that does not exist, alone or with a meter behind it.
#pragma once

#include "app/simulate/modbus_image.hpp"

namespace gridbridge {

// At 40000: common model, inverter of three phases (103), nameplate (120), end model. With a meter a second
// common model and a meter (203) stand before the end, as in a SolarEdge inverter. A day lasts 300 s; in the
// last minute of it the inverter sleeps: state 2, its power is "not implemented". The scale factor of its
// power changes with the range, reactive power is negative. The meter exports while the inverter makes more
// than the house takes.
ModbusImage sunspec_image(bool with_meter);

} // namespace gridbridge
