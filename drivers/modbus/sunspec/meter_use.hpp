// What a SunSpec meter is there for, by the options in its model 1. Pure. Source: SolarEdge SunSpec
// implementation technical note ("Export+Import", "Consumption", "Production"); tjko/sunspec-monitor issue 4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gridbridge::sunspec {

// In the order in which one is taken for the grid; the last never is.
enum class MeterUse : std::uint8_t { Grid, Consumption, Unknown, Production };

// Whatever its upper and lower case.
MeterUse meter_use(std::string_view options);

// The first of the best use; nothing where all measure production.
std::optional<std::size_t> grid_meter(std::span<const MeterUse> meters);

} // namespace gridbridge::sunspec
