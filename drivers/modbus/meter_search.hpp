// Finds out who answers on a connection: by identification code, or by a SunSpec chain.
#pragma once

#include "drivers/modbus/identify/identity.hpp"

namespace gridbridge {

// At the unit id of `meter`. Where none is given and nobody else is on the connection (`is_alone`), a Carlo
// Gavazzi meter that is silent at 1 may answer at 2, as Victron's drivers look at both. Throws Refused or an
// error of the transport.
Identity find_meter(UnitLine& line, const MeterConfig& meter, bool is_alone);

} // namespace gridbridge
