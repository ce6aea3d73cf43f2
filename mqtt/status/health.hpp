// How the service is: one view of it, as JSON for `/health` and the topic of the same name. Pure.
#pragma once

#include "mqtt/status/snapshot.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// What is wrong, in plain words, one line each; healthy is who has none: the broker is connected, no outlet
// is down, and every configured meter gives readings younger than its `stale_after`. Devices behind a meter
// do not count.
std::vector<std::string> health_problems(const Snapshot& view, Clock::time_point now);

// Ok: no problem. Degraded: something still gets through. Down: nothing does.
std::string_view health_status(const Snapshot& view, Clock::time_point now);

std::string health_json(const Snapshot& view, Clock::time_point now);
std::string meter_health_json(const Meter& meter, Clock::time_point now);
// Of a service that cannot say how it is.
std::string failed_health_json(const std::string& problem);

} // namespace gridbridge
