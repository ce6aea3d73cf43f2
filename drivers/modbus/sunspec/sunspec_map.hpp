// The register map of one SunSpec device, put together from the models of its chain. Pure.
#pragma once

#include "drivers/modbus/sunspec/sunspec_chain.hpp"
#include "drivers/waist/reading.hpp"

#include <vector>

namespace gridbridge::sunspec {

// What is read of the device: each model in one request, whole where it fits into one, so that no scale
// factor is separated from its values. Rows beyond the length of a model are left out. Sorted by address.
std::vector<RegisterRow> rows_of(const ChainDevice& device);

// The model without its rows.
ModelRow model_of(const ChainDevice& device);

// ModelRow::complete. The power of an inverter is spread over its phases by their apparent power, in equal
// parts while no current flows.
void complete_inverter(Reading& reading, int phases);
void complete_meter(Reading& reading, int phases);

} // namespace gridbridge::sunspec
