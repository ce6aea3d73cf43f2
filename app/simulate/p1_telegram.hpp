// A DSMR 5.0.2 telegram of simulated values.
#pragma once

#include "app/simulate/simulated_values.hpp"

#include <chrono>
#include <string>

namespace gridbridge {

struct P1Meter {
    std::string ident = "ISK5\\2M550T-1012"; // behind the slash
    std::string serial = "E0044000000000001";
    std::string gas_serial = "G0039001396906019";
    bool has_crc = true;
    // What its clock shows at second 0, in winter time.
    std::chrono::sys_seconds begin =
        std::chrono::sys_days{std::chrono::year{2024} / std::chrono::January / 1};
};

// Three phases, two tariffs (tariff 1 has a third of the energy), gas on channel 1. Pure.
std::string p1_telegram(const SimulatedValues& values, const P1Meter& meter = {});

} // namespace gridbridge
