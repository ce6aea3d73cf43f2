// What goes into a bundle for a bug report, from a running service or from what it has left on the disk.
#pragma once

#include "app/config/config.hpp"
#include "app/recording/record.hpp"
#include "mqtt/outlet/meter.hpp"

#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

struct BundleSources {
    const Config& config;
    std::string portal_id;
    std::vector<Meter> meters;                                  // as far as they are known
    std::string log, findings;                                  // JSON or text; empty: there are none
    std::vector<std::pair<std::string, Bytes>> recordings = {}; // by file name; .pcapng or .pcapng.zst
};

// A .tar.zst in which nobody is recognised (app/bundle). Reads the settings file and the names of ports; some
// seconds of work. What cannot be read is left out, and its README says so. Any thread.
std::string bundle_of(BundleSources sources);

} // namespace gridbridge
