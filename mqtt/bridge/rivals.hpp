// Several sources with one serial number: a share beside its original, a meter twice in the configuration.
// Topics are by serial number, so one of them at a time is the meter. What people are told of them.
#pragma once

#include "mqtt/outlet/meter.hpp"

#include <string>

namespace gridbridge {

// For people: a source by its name and address.
std::string source_title(const Meter& meter);
// For people: why readings of `meter` are not used, and that it took the place of another.
std::string refusal_text(const Meter& meter, const Meter& rival);
std::string taken_over_text(const Meter& meter, const Meter& rival);

} // namespace gridbridge
