// The outlet for a GX that polls an EM24 Ethernet: readings of one meter become its registers.
#pragma once

#include "drivers/waist/log.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <memory>
#include <string>

namespace gridbridge {

struct Em24OutletOptions {
    std::string listen; // numeric address and port
    std::string meter;  // name or serial number; empty: the first grid meter
    std::string version;
    Log log;
};

// Starts its server; that stops with the outlet.
std::unique_ptr<Outlet> make_em24_outlet(Em24OutletOptions options);

} // namespace gridbridge
