// Finds a SunSpec device on a line and tells what it is.
#pragma once

#include "drivers/modbus/identify/identity.hpp"

#include <optional>

namespace gridbridge {

// Looks for the marker at the unit of the configuration, else at the usual ones from that of `line` on, walks
// the chain of models and takes the device that the role means. Reads only. Throws as identify_by_code().
// Units that do not answer end the search after 2 s, because others on the line have waited for it: `line` is
// then at the next. Not so, and three attempts at the most usual ones, where on_lost is "exit".
Identity identify_sunspec(UnitLine& line, const MeterConfig& meter);

// The address of the marker; nothing when it is at none of the usual ones. Throws the errors of the
// transport; `is_patient`: silence only when no base has the marker.
std::optional<RegisterAddress> find_sunspec_marker(UnitLine& line, int tries = 1, bool is_patient = false);

} // namespace gridbridge
