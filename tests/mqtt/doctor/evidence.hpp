// The form of the numbers that each finding of a simulated installation gives.
#pragma once

#include "mqtt/outlet/finding.hpp"

#include <string>

namespace gridbridge::simulated {

std::string evidence_of(FindingCode code); // a regular expression

} // namespace gridbridge::simulated
