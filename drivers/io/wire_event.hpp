// What happens on a wire, as whoever records it sees it.
#pragma once

#include "drivers/waist/clock.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string_view>

namespace gridbridge {

struct WireEvent {
    enum class Kind : std::uint8_t {
        Opened,   // text: the name of what was opened
        Received, // bytes, as they were read in one go; number: as with Woke, 0: in time
        Sent,     // bytes
        Speed,    // number: bit/s, from now on
        Woke,     // a wait ended too late for the driver's time to forgive it; number: by how many us;
                  // text: `reading`, if it was one for bytes that did not come
        Failed,   // text: why it could not be opened, or was lost; number: as with Received, or `sending`
        Closed
    };
    static constexpr int sending = -1;
    static constexpr std::string_view reading = "reading";
    static constexpr int longest_late = std::numeric_limits<int>::max(); // or more

    Kind kind = Kind::Received;
    Clock::time_point at{};
    std::span<const std::uint8_t> bytes{};
    std::string_view text{};
    int number = 0;
};

// Called on the thread of the driver, which waits for nothing; what it is given is valid during the call.
using WireTap = std::function<void(const WireEvent& event)>;

} // namespace gridbridge
