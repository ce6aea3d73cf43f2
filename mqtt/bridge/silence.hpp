// What silence does to a meter, and when. Pure.
#pragma once

#include "mqtt/outlet/meter.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace gridbridge {

// Fade: what it measures from moment to moment is null, its counters stay. Lose: all is null. Withdraw: the
// service goes.
enum class SilenceStep : std::uint8_t { Fade, Lose, Withdraw };

struct Silence {
    std::optional<Clock::time_point> started; // of the service; nothing: not yet
    std::chrono::seconds vanish_after{60};

    // The next step if nothing more is received, and when it is due; nothing when silence changes nothing.
    struct Due {
        SilenceStep step;
        Clock::time_point after;
    };
    std::optional<Due> next(const Meter& meter) const;
};

// For people: why the step Lose was taken.
std::string silence_text(const Meter& meter, Clock::time_point now);

} // namespace gridbridge
