// One run of the service with many meters, and what it took.
#pragma once

#include "tests/bench/crowd_meters.hpp"

#include <chrono>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace gridbridge::bench {

struct ManyRun {
    std::string program;
    CrowdKind kind = CrowdKind::Modbus;
    std::size_t count = 0;
    std::chrono::seconds duration{20};
    std::string role;    // of all meters but the first; empty: grid, as all are by default
    bool asleep = false; // nobody has asked for values: publish = "keepalive", Home Assistant off
};

struct ManyCost {
    double cpu_share = 0;       // of a core, 0..1 and more
    double messages = 0;        // per second on N/#
    double cpu_per_message = 0; // s
    double switches = 0;        // of threads, per second
    std::vector<double> ages;   // ms, sorted
    long anonymous_kb = 0;      // smaps_rollup
    long threads = 0;
    double health_ms = 0; // the longest of several, while meters go on
    double metrics_ms = 0;
    double load = 0; // of the machine at the end, getloadavg()
};

// With a broker and meters of its own. Throws std::runtime_error when the meters do not come online.
ManyCost measure_many(const ManyRun& run);

} // namespace gridbridge::bench
