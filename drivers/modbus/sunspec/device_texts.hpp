// What a SunSpec device says of itself in its model 1, read over a line. Each throws the errors of the
// transport, but not exceptions that say that there is no such register.
#pragma once

#include "drivers/modbus/identify/identity.hpp"
#include "drivers/modbus/line/unit_line.hpp"
#include "drivers/modbus/sunspec/sunspec_chain.hpp"

#include <string>
#include <vector>

namespace gridbridge::sunspec {

inline constexpr int attempts = 3; // per request

// An answer of a gateway, or of a device that has no time: it says nothing about the register.
bool is_passing(const ExceptionReply& reply);

// Words of a model from its id on, at most `most`; empty when it cannot be read.
std::vector<std::uint16_t> read_model(UnitLine& line, const ChainModel& model, unsigned most);

struct DeviceTexts {
    std::string manufacturer, product, options, version;
    std::string serial; // empty: it has none, or a default
    KnownRegisters serial_registers{};
};
DeviceTexts read_texts(UnitLine& line, const ChainDevice& device);

void name_device(const DeviceTexts& texts, const ChainDevice& device, MeterInfo& info);

} // namespace gridbridge::sunspec
