// The service's own drivers and bridge without a broker: what `read` and `monitor` share.
#pragma once

#include "app/config/config.hpp"
#include "drivers/factory.hpp"
#include "drivers/waist/handoff.hpp"
#include "drivers/waist/log.hpp"
#include "drivers/waist/orders.hpp"
#include "mqtt/bridge/bridge.hpp"
#include "mqtt/settings/settings.hpp"

#include <functional>
#include <stop_token>
#include <vector>

namespace gridbridge {

// Meters are read as the running service reads them, with the phase modes kept in `settings`, which is a
// copy: nothing is written to the state directory. Streams are not shared, the port may belong to the
// service.
class LocalBridge {
  public:
    // `wires`: as make_drivers() takes them.
    LocalBridge(const Config& config, Settings settings, std::vector<OutletRow> outlets, Log log,
                DriverWires wires = {});

    // On the calling thread until stop is requested or `goes_on`, asked after each step and at least once per
    // second, says no. What outlets say goes nowhere. Throws what make_drivers() throws.
    void run(const std::stop_token& stop, const std::function<bool()>& goes_on);

    // Makes the next step come at once. Any thread.
    void wake() { handoff_.wake(); }

  private:
    void step(const std::stop_token& stop);

    std::vector<MeterConfig> meters_;
    Settings settings_;
    Log log_;
    DriverWires wires_;
    Handoff handoff_;
    Orders orders_;
    Bridge bridge_;
};

} // namespace gridbridge
