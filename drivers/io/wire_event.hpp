// What happens on a wire, as whoever records it sees it.
#pragma once

#include "drivers/waist/clock.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace gridbridge {

struct WireEvent {
    enum class Kind : std::uint8_t {
        Opened,   // text: the name of what was opened
        Received, // bytes, as they were read in one go
        Sent,     // bytes
        Speed,    // number: bit/s, from now on
        Woke,     // a wait ended later than asked, by more than the clock of the driver forgives
        Failed,   // text: why it could not be opened, or was lost
        Closed
    };
    Kind kind = Kind::Received;
    Clock::time_point at{};
    std::span<const std::uint8_t> bytes{};
    std::string_view text{};
    int number = 0;
};

// Called on the thread of the driver, which waits for nothing; what it is given is valid during the call.
using WireTap = std::function<void(const WireEvent& event)>;

} // namespace gridbridge
