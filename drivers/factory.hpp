// The list of drivers: the only place that names them.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/waist/driver.hpp"
#include "drivers/waist/handoff.hpp"
#include "drivers/waist/log.hpp"
#include "drivers/waist/orders.hpp"

#include <memory>
#include <span>
#include <vector>

namespace gridbridge {

// One driver per connection: Modbus meters on the same serial port or the same TCP endpoint share one, and so
// do D0 meters with different addresses. `meters[i]` is SourceId{i, 0} in the hand-off. `handoff` and
// `orders` must outlive the drivers.
std::vector<std::unique_ptr<Driver>> make_drivers(std::span<const MeterConfig> meters, Handoff& handoff,
                                                  Orders& orders, const Log& log);

} // namespace gridbridge
