// The outlets of a life of the program that do not speak to a GX.
#pragma once

#include "mqtt/outlet/outlet.hpp"
#include "mqtt/readings/meter_readings.hpp"

#include <functional>
#include <vector>

namespace gridbridge::mill {

// In the order of the service. `unix_time`: s since 1970. Both outlive the outlets.
std::vector<OutletRow> program_outlets(ReadingBook& readings, const std::function<double()>& unix_time,
                                       bool retains);

} // namespace gridbridge::mill
