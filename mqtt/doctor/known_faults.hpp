// Firmware of meters with faults that their users have reported. Constant, any thread.
#pragma once

#include "drivers/waist/reading.hpp"

#include <array>
#include <string_view>

namespace gridbridge {

struct FirmwareFault {
    int first_type, last_type; // Carlo Gavazzi identification codes
    std::string_view mended;   // first version without it: "1.8.3"
    std::string_view text;
};

// EM24 E1: reports to evcc and Victron; the maker's release notes name 1.8.3.
inline constexpr std::array firmware_faults{
    FirmwareFault{1648, 1653, "1.8.3",
                  "with this firmware the meter stops answering, or its readings stand still"},
};

// Nothing: none is known for this meter and version.
const FirmwareFault* known_fault(const MeterInfo& info);

} // namespace gridbridge
