// An SML file of simulated values in its transport frame.
#pragma once

#include "app/simulate/simulated_values.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace gridbridge {

struct SmlMeter {
    std::array<std::uint8_t, 10> server_id{0x0A, 0x01, 0x49, 0x53, 0x4B, 0x00, 0x04, 0x7B, 0xC1, 0x2A};
    std::string maker = "ISK";
    bool has_power = true; // false: as without PIN, whole kWh and no power
};

// Open, GetList and Close message as an ISKRA or EMH meter with full data sends them. Pure.
std::vector<std::uint8_t> sml_telegram(const SimulatedValues& values, const SmlMeter& meter = {});

// `payload` (a whole SML file) with start, escapes, fill bytes and checksum. Pure.
std::vector<std::uint8_t> sml_frame(const std::vector<std::uint8_t>& payload);

} // namespace gridbridge
