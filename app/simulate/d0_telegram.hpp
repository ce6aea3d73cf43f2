// An IEC 62056-21 readout of simulated values.
#pragma once

#include "app/simulate/simulated_values.hpp"

#include <string>

namespace gridbridge {

struct D0Meter {
    std::string ident = "ESY5Q3DA3024"; // behind the slash: manufacturer, speed, type
    std::string serial = "1ESY1160012345";
    bool has_checksum = false; // STX, ETX and BCC
    bool short_ids = false;    // "1.8.0" in place of "1-0:1.8.0*255"
    bool has_units = true;
};

// Three phases, net power, two tariffs (tariff 1 has a third of the energy), one history value. Pure.
std::string d0_telegram(const SimulatedValues& values, const D0Meter& meter = {});

} // namespace gridbridge
