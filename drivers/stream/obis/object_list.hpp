// The objects of a telegram for people. Pure.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/stream/obis/telegram.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace gridbridge {

inline constexpr std::size_t most_listed = 128;       // objects; a P1 telegram has about 60
inline constexpr std::size_t longest_listed = 60;     // characters of one value
inline constexpr std::size_t longest_list_line = 320; // characters

// How an object is called: its OBIS code, or as sent (D0) where that is none ("F.F").
std::string name_of(const ObisObject& object);
// Its value without unit, as sent; several groups in brackets.
std::string value_text(const ObisObject& object);

// One line for each object, in the order sent: name, value, unit and what it is used for by a meter that is
// configured as `meter`. What is behind `most_listed` is counted in a last line. Printable ASCII only.
std::vector<std::string> list_objects(const Telegram& telegram, const MeterConfig& meter);

} // namespace gridbridge
