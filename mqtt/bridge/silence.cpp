#include "mqtt/bridge/silence.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

// A stream that has sent nothing yet and of which nothing is known: no driver says when it was silent for
// long.
bool is_awaited(const Meter& meter) {
    return meter.life == MeterLife::Awaited && meter.info.serial.empty() && meter.loss_reason.empty() &&
           meter.source.channel == 0 && is_stream(meter.config.driver);
}

// One that is in the middle of something stays; a slow one is given a fourth interval.
Clock::time_point gone_after(const Meter& meter, std::chrono::seconds vanish_after) {
    const auto usual = std::max(meter.last_good, meter.heard) + vanish_after;
    const auto interval = is_stream(meter.config.driver) ? meter.pace.interval() : std::nullopt;
    return interval ? std::max(usual, meter.last_good + 4 * *interval) : usual;
}

} // namespace

std::optional<Silence::Due> Silence::next(const Meter& meter) const {
    switch (meter.life) {
    case MeterLife::Awaited:
        return started && is_awaited(meter)
                   ? std::optional(Due{SilenceStep::Lose, kept_until(meter, *started)})
                   : std::nullopt;
    case MeterLife::Live: {
        const auto lost = kept_until(meter, meter.last_good);
        const auto stale = meter.last_good + stale_after(meter);
        return stale < lost && !meter.faded ? Due{SilenceStep::Fade, stale} : Due{SilenceStep::Lose, lost};
    }
    case MeterLife::Lost:
        return Due{SilenceStep::Withdraw, gone_after(meter, vanish_after)};
    case MeterLife::Gone:
        break;
    }
    return std::nullopt;
}

std::string silence_text(const Meter& meter, Clock::time_point now) {
    if (meter.life == MeterLife::Awaited) {
        return "no telegram since the start";
    }
    const auto silent = std::chrono::duration_cast<std::chrono::milliseconds>(now - meter.last_good);
    const auto limit = meter.faded ? silent : stale_after(meter);
    return "no good reading for " + std::to_string(limit.count()) + " ms";
}

} // namespace gridbridge
