// Serves all Modbus meters of one connection.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/modbus/line/modbus_wire.hpp"
#include "drivers/modbus/line/transport.hpp"
#include "drivers/waist/driver.hpp"
#include "drivers/waist/handoff.hpp"
#include "drivers/waist/log.hpp"
#include "drivers/waist/orders.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace gridbridge {

using BusMeters = std::vector<std::pair<SourceId, MeterConfig>>;

// `meters`: 1 to 32 units that share one connection. The references must outlive the driver. `share`, 0..1:
// where in their interval the meters are read, so that those of many connections are spread over it; nothing:
// it is the only connection.
std::unique_ptr<Driver> make_bus_driver(BusMeters meters, Handoff& handoff, Orders& orders, const Log& log,
                                        std::optional<double> share = {},
                                        const WireFactory& make_wire = make_modbus_wire);

// The same on a given line, which it opens and closes.
std::unique_ptr<Driver> make_bus_driver(BusMeters meters, std::unique_ptr<ModbusTransport> line,
                                        Handoff& handoff, Orders& orders, const Log& log,
                                        std::optional<double> share = {});

} // namespace gridbridge
