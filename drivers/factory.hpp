// The list of drivers: the only place that names them.
#pragma once

#include "drivers/io/wire.hpp"
#include "drivers/io/wire_event.hpp"
#include "drivers/meter/meter_config.hpp"
#include "drivers/waist/driver.hpp"
#include "drivers/waist/handoff.hpp"
#include "drivers/waist/log.hpp"
#include "drivers/waist/orders.hpp"

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace gridbridge {

// The real one: a serial port, a TCP connection or a file.
std::unique_ptr<Wire> make_wire(const MeterConfig& meter);

// What one driver talks through, and its time; none: that of its thread.
struct DriverWire {
    WireFactory make = make_wire;
    std::unique_ptr<ThreadTime> time = nullptr;
};
// Called once for each connection, with the meters on it. Empty: the real ones.
using DriverWires = std::function<DriverWire(std::span<const MeterConfig> meters)>;

// The real ones, recorded: what happens on a connection is told to its tap.
DriverWires recorded_wires(std::function<WireTap(std::span<const MeterConfig> meters)> tap_of);

// One driver per connection: Modbus meters on the same serial port or the same TCP endpoint share one, and so
// do D0 meters with different addresses. `meters[i]` is SourceId{i, 0} in the hand-off. `handoff` and
// `orders` must outlive the drivers.
std::vector<std::unique_ptr<Driver>> make_drivers(std::span<const MeterConfig> meters, Handoff& handoff,
                                                  Orders& orders, const Log& log,
                                                  const DriverWires& wires = {});

} // namespace gridbridge
