// Drivers and bridge of a service in a time that passes by itself.
#pragma once

#include "app/replay/virtual_time.hpp"
#include "drivers/factory.hpp"
#include "drivers/meter/meter_config.hpp"
#include "drivers/waist/driver.hpp"
#include "drivers/waist/handoff.hpp"
#include "drivers/waist/log.hpp"
#include "drivers/waist/orders.hpp"
#include "mqtt/bridge/bridge.hpp"
#include "mqtt/outlet/outlet.hpp"
#include "mqtt/settings/settings.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace gridbridge {

// What a client said, and when it was heard.
struct HeardMessage {
    Clock::time_point at{};
    Message message;
};

// The thread that makes it is in that time as long as it lives. All happens in the same order at each run.
class VirtualService {
  public:
    struct Parts {
        Clock::time_point begin{};
        std::vector<MeterConfig> meters;       // as configured; not shared
        std::chrono::seconds vanish_after{60}; // as Config has it
        Settings settings;
        std::vector<OutletRow> outlets;
        Log log;
        DriverWires wires; // their waits sleep in the time of their thread
    };
    // What the bridge says at `now`.
    using Say = std::function<void(const Messages& said, Clock::time_point now)>;

    explicit VirtualService(Parts parts);
    VirtualService(const VirtualService&) = delete; // its parts know each other's addresses
    VirtualService& operator=(const VirtualService&) = delete;
    ~VirtualService() { time_.stop(); }

    // Once. The broker is there all the time. `heard`: in order.
    void run(Clock::time_point until, const std::vector<HeardMessage>& heard, const Say& say);

    const Settings& settings() const { return parts_.settings; }
    Bridge& bridge() { return bridge_; }

  private:
    Parts parts_;
    VirtualTime time_;
    Handoff handoff_;
    Orders orders_;
    Bridge bridge_;
    std::vector<std::unique_ptr<Driver>> drivers_;
};

} // namespace gridbridge
