// Meters formed of others, and which of the configuration these are. Pure.
#pragma once

#include "drivers/meter/meter_config.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace gridbridge {

// Whether the configuration calls this meter so: by its name, or by the serial number of one that is formed.
bool is_configured_as(const MeterConfig& meter, std::string_view member);

// Index of the first meter that is called so; nothing: it may be the serial number of one that has not said
// it yet.
std::optional<std::size_t> find_member(std::span<const MeterConfig> meters, std::string_view member);

// Indices of the formed meters, each behind its members. Without those that are members of themselves, and
// what is formed of those.
std::vector<std::size_t> forming_order(std::span<const MeterConfig> meters);

} // namespace gridbridge
