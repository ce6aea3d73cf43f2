// Requests and answers on a wire: serial frames, or Modbus TCP.
#pragma once

#include "drivers/io/wire.hpp"
#include "drivers/meter/meter_config.hpp"
#include "drivers/modbus/line/transport.hpp"

#include <memory>
#include <string>

namespace gridbridge {

// For the connection that `meter` names (rtu, tcp or rtutcp); nothing is opened yet.
std::unique_ptr<ModbusTransport> make_line_transport(const MeterConfig& meter);

// The same on a given wire.
std::unique_ptr<ModbusTransport> line_transport_on(const MeterConfig& meter, std::unique_ptr<Wire> wire);

// "/dev/ttyUSB0", "Modbus TCP 192.0.2.10", "Modbus RTU over TCP host:port": Venus /Mgmt/Connection.
std::string connection_text(const MeterConfig& meter);

// Response timeout of a meter: its option, else 250 ms serial, 1000 ms TCP and SunSpec. On Modbus TCP never
// below 500 ms: before identification every meter there may be an EM24 Ethernet, which locks up.
std::chrono::milliseconds response_timeout(const MeterConfig& meter);

} // namespace gridbridge
