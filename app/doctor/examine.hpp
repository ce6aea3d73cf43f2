// The whole installation, from outside: broker, ports, hosts, clock.
#pragma once

#include "app/config/config.hpp"
#include "drivers/waist/clock.hpp"
#include "mqtt/outlet/finding.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gridbridge {

struct ExamineOptions {
    std::string portal_id;
    std::string service_id;    // of our own service; empty: not known
    std::int64_t unix_now = 0; // s, by the wall clock
    bool opens_ports = false;  // no service runs: lines may be asked, meters on TCP be connected to
    bool examines_broker = false;
};

struct Examination {
    std::vector<Finding> findings;
    std::vector<std::string> notes; // what is well, or was not looked at; one line each
};

// Brokers, ports and hosts beside each other, on threads of their own. Ends at `deadline` with what was seen
// until then, and within about a second of it.
Examination examine(const Config& config, const ExamineOptions& options, Clock::time_point deadline);

} // namespace gridbridge
