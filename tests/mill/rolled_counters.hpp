// Counters of a meter on a bus that begin anew.
#pragma once

#include "app/simulate/modbus_image.hpp"
#include "tests/mill/schedule.hpp"

namespace gridbridge::mill {

// Behind its move(): the image knows counters that only rise.
void put_rolled(ModbusImage& image, const PlannedMeter& meter, double seconds);

} // namespace gridbridge::mill
