// The real wire of a Modbus line: a serial port that libmodbus opens, or a TCP connection.
#pragma once

#include "drivers/io/wire.hpp"
#include "drivers/meter/meter_config.hpp"

#include <memory>

namespace gridbridge {

// For the connection that `meter` names (rtu, tcp or rtutcp); nothing is opened yet. What is written to a
// serial port is one whole frame with its checksum.
std::unique_ptr<Wire> make_modbus_wire(const MeterConfig& meter);

} // namespace gridbridge
