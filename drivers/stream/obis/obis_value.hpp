// The value of one OBIS object as that of a quantity. Pure.
#pragma once

#include "drivers/stream/obis/telegram.hpp"
#include "drivers/waist/quantity.hpp"

#include <optional>
#include <string_view>

namespace gridbridge {

// `value` in `unit` (any case, blanks do not count) as the unit of `quantity`; nothing when they do not fit.
// A quantity without unit takes values without unit only.
std::optional<double> convert_unit(double value, std::string_view unit, Quantity quantity);

// Nothing: there is no object, or it cannot be read as that quantity.
std::optional<double> value_of(const ObisObject* object, Quantity quantity);

} // namespace gridbridge
