// How the service is: one view of it, as JSON for `/health` and the topic of the same name. Pure.
#pragma once

#include "mqtt/meter.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

struct BrokerHealth {
    bool connected = false;
    std::string server;
    unsigned long long reconnects = 0;
    unsigned long long dropped = 0; // messages the client did not take
    std::size_t queued = 0;         // messages taken and not yet sent
    std::string last_error = {};    // why it is not connected, in plain words
};

struct HealthView {
    std::string version;
    std::string commit;
    Clock::time_point started{};
    BrokerHealth broker;
    std::vector<Meter> meters;
};

// What is wrong, in plain words, one line each; healthy is who has none: the broker is connected and every
// configured meter gives readings younger than its `stale_after`. Devices behind a meter do not count.
std::vector<std::string> health_problems(const HealthView& view, Clock::time_point now);

// Ok: no problem. Degraded: something still gets through. Down: nothing does.
std::string_view health_status(const HealthView& view, Clock::time_point now);

std::string health_json(const HealthView& view, Clock::time_point now);
std::string meter_health_json(const Meter& meter, Clock::time_point now);
// Of a service that cannot say how it is.
std::string failed_health_json(const std::string& problem);

} // namespace gridbridge
