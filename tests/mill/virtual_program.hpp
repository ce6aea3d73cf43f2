// One life of the program in simulated time: drivers, bridge and publisher as the service wires them, with
// the two ends given.
#pragma once

#include "app/replay/virtual_time.hpp"
#include "drivers/factory.hpp"
#include "drivers/waist/handoff.hpp"
#include "drivers/waist/orders.hpp"
#include "mqtt/bridge/bridge.hpp"
#include "mqtt/bridge/publisher.hpp"
#include "tests/mill/mill_broker.hpp"
#include "tests/mill/virtual_disk.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gridbridge::mill {

// The thread that makes it is in that time as long as it lives. That it is destroyed without leave() is a
// kill.
class VirtualProgram {
  public:
    struct Parts {
        Clock::time_point begin;
        std::vector<MeterConfig> meters;
        std::string state_dir; // empty: none
        std::function<std::vector<OutletRow>(const Link& gx)> outlets;
        Log log;
        DriverWires wires;
        MillBroker& broker; // both outlive it
        VirtualDisk& disk;
        Message last_will;
        std::uint64_t seed;       // of the pauses between attempts to connect
        MillBroker* gx = nullptr; // of a GX, if there is one; outlives it
        Message gx_last_will = {};
    };

    explicit VirtualProgram(Parts parts);
    VirtualProgram(const VirtualProgram&) = delete; // its parts know each other's addresses
    VirtualProgram& operator=(const VirtualProgram&) = delete;
    ~VirtualProgram() { time_.stop(); }

    // Once. `then` is called after everything that happens at one time, and names when it wants to be called
    // again.
    void run(Clock::time_point until, const std::function<Clock::time_point(Clock::time_point now)>& then);
    void leave();
    const Settings& settings() const { return settings_; }

  private:
    std::vector<BrokerConnection> more_connections();

    Parts parts_;
    VirtualTime time_;
    Handoff handoff_;
    Orders orders_;
    Settings settings_;
    StateFile state_file_;
    ClientInbox inbox_;
    std::unique_ptr<MqttClient> client_;
    Link link_;
    ClientInbox gx_inbox_;
    std::unique_ptr<MqttClient> gx_client_;
    Link gx_link_;
    Bridge bridge_;
    Publisher publisher_;
    std::vector<std::unique_ptr<Driver>> drivers_;
};

} // namespace gridbridge::mill
