// What runs here, and which meters it has: `info`. Pure.
#pragma once

#include "mqtt/outlet/meter.hpp"

#include <span>
#include <string>

namespace gridbridge {

struct ServiceFacts {
    std::string version;
    std::string commit;
    std::string config_digest;
    std::string service_id; // empty: left out
};

// Of the meters those that are there, or were a moment ago.
std::string info_json(const ServiceFacts& facts, std::span<const Meter* const> meters);

} // namespace gridbridge
