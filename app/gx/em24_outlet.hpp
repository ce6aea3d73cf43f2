// The outlet for a GX that polls an EM24 Ethernet: readings of one meter become its registers.
#pragma once

#include "drivers/waist/log.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

struct Em24OutletOptions {
    std::string listen; // numeric address and port
    std::string meter;  // name or serial number; empty: the first grid meter
    std::string version;
    Log log;
};

// Age at which the values of the newest reading are no longer served: after one or two missed ones, because a
// GX needs another 5 s to notice. Never beyond stale_after(). `since_last`: between the newest two readings,
// as long as the pace of the meter is not known; nothing for the first one.
Clock::duration good_for(const Meter& meter, std::optional<Clock::duration> since_last);

// Starts its server; that stops with the outlet.
std::unique_ptr<Outlet> make_em24_outlet(Em24OutletOptions options);

} // namespace gridbridge
