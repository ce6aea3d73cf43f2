// Finds a SunSpec device on a line and tells what it is.
#pragma once

#include "drivers/modbus/identify.hpp"

#include <optional>

namespace gridbridge {

// Looks for the marker at the unit of the configuration, else at the usual ones, walks the chain of models
// and takes the device that the role means. Reads only. Throws as identify().
Identity identify_sunspec(UnitLine& line, const MeterConfig& meter);

// The address of the marker; nothing when it is at none of the usual ones. Throws the errors of the
// transport.
std::optional<RegisterAddress> find_sunspec_marker(UnitLine& line);

} // namespace gridbridge
