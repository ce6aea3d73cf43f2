// What only the list of meters as a whole can show. Pure.
#pragma once

#include "app/config/config.hpp"

namespace gridbridge {

// Why `meter` cannot be used beside `other`; empty: it can.
std::string conflict_of(const MeterConfig& meter, const MeterConfig& other);

// Errors for what never works: no meter, a meter twice, a port or a share that two meters want in different
// ways. A warning for settings of a port that are ignored, and for a port whose name can change.
void check_meters(const Config& config, Findings& findings);

} // namespace gridbridge
