// A DSMR 5.0.2 telegram of simulated values.
#pragma once

#include "app/simulate/simulated_values.hpp"

#include <string>

namespace gridbridge {

struct P1Meter {
    std::string ident = "ISK5\\2M550T-1012"; // behind the slash
    std::string serial = "E0044000000000001";
    std::string gas_serial = "G0039001396906019";
    bool has_crc = true;
};

// Three phases, two tariffs (tariff 1 has a third of the energy), gas on channel 1. Time starts at
// 2024-01-01. Pure.
std::string p1_telegram(const SimulatedValues& values, const P1Meter& meter = {});

} // namespace gridbridge
