// What a meter says about itself in words and bits: texts that stay, alarms that come and go.
#pragma once

#include "drivers/modbus/line/unit_line.hpp"
#include "drivers/modbus/map/register_map.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

inline constexpr std::string_view alarms_path = "Alarms";

// MeterInfo::texts of the model: every path of the table, empty where the meter has no such register, and
// "Alarms" last, empty so far, where the model has them. Throws the errors of the transport.
std::vector<std::pair<std::string, std::string>> read_texts(UnitLine& line, const ModelRow& model);

// Pure.
std::string text_of(const TextRegister& row, std::uint16_t word);
struct Alarms {
    int code = 0;     // reported bits only
    std::string text; // names, joined by ", "
    bool operator==(const Alarms&) const = default;
};
Alarms alarms_of(const AlarmRegister& row, std::uint16_t word);

} // namespace gridbridge
