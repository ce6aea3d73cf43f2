// Whether a SunSpec inverter has a battery on its DC side. Source: SunSpec model definitions 120, 124, 160,
// 713, 802-809; strings of a Fronius GEN24 are named StCha and StDisCha.
#pragma once

#include "drivers/modbus/line/unit_line.hpp"
#include "drivers/modbus/sunspec/sunspec_chain.hpp"

#include <span>
#include <string>

namespace gridbridge::sunspec {

// For the owner of the inverter that has these models; empty: no battery is known. Throws the errors of the
// transport.
std::string battery_advice(UnitLine& line, std::span<const ChainModel> models);

} // namespace gridbridge::sunspec
