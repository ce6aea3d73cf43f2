// Which device of a SunSpec chain an entry of the configuration means.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/modbus/sunspec/device_texts.hpp"

#include <span>
#include <string>

namespace gridbridge::sunspec {

struct ChosenDevice {
    ChainDevice device;
    DeviceTexts texts;
    std::string serial_suffix; // tells it from another device of the chain with the same number
    std::string warning;       // for the log: others of its kind are not served; may be empty
};

// The one of the key `meter`, else for the grid the one whose options say so, else the usual one. Throws
// Refused when there is none, and the errors of the transport.
ChosenDevice choose_device(UnitLine& line, const MeterConfig& meter, std::span<const ChainModel> chain);

} // namespace gridbridge::sunspec
