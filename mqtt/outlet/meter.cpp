#include "mqtt/outlet/meter.hpp"

#include <algorithm>
#include <array>

namespace gridbridge {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

namespace {

constexpr milliseconds longest_readout = 20min;

} // namespace

std::string source_of(const Meter& meter) {
    const auto& texts = meter.info.texts;
    const auto found = meter.config.driver == DriverKind::Standby
                           ? std::find_if(texts.begin(), texts.end(),
                                          [](const auto& text) { return text.first == "Source"; })
                           : texts.end();
    return found == texts.end() ? std::string() : found->second;
}

bool is_called(const Meter& meter, std::string_view member) {
    const std::string& own = is_formed(meter.config.driver) ? meter.config.serial : meter.info.serial;
    const bool by_name = meter.source.channel == 0 && meter.config.name == member;
    return !member.empty() && (by_name || own == member);
}

TransformerRatios transformers_of(const Meter& meter) {
    return {meter.config.ct_ratio, meter.config.vt_ratio};
}

milliseconds stale_after(const Meter& meter) {
    if (meter.config.stale_after) {
        return *meter.config.stale_after;
    }
    const auto interval = meter.pace.likely_interval();
    if (is_stream(meter.config.driver) && (interval || !is_formed(meter.config.driver))) {
        return interval ? std::chrono::duration_cast<milliseconds>(
                              std::clamp<Clock::duration>(3 * *interval, 5s, 35s))
                        : milliseconds(35s);
    }
    return meter.role == "grid" ? 5s : 10s;
}

Clock::time_point kept_until(const Meter& meter, Clock::time_point last) {
    const milliseconds stale = stale_after(meter);
    if (!is_stream(meter.config.driver)) {
        return last + stale;
    }
    if (const auto interval = meter.pace.likely_interval()) {
        return last + std::max<Clock::duration>(stale, 3 * *interval);
    }
    return std::clamp(meter.heard + stale, last + stale, last + std::max(stale, longest_readout));
}

bool is_slow(const Meter& meter) {
    const auto interval = meter.pace.interval();
    return meter.life == MeterLife::Live && is_stream(meter.config.driver) &&
           (meter.faded || (interval && *interval > stale_after(meter)));
}

std::string_view state_name(const Meter& meter) {
    constexpr std::array<std::string_view, 4> names{"awaited", "live", "lost", "gone"}; // as MeterLife
    return is_slow(meter) ? "slow" : names.at(static_cast<std::size_t>(meter.life));
}

bool lacks_power(const Meter& meter, Clock::time_point now) {
    return meter.last_power != Clock::time_point{} && now - meter.last_power > stale_after(meter);
}

bool is_fresh(const Meter& meter, Clock::time_point now) {
    const auto until =
        meter.faded ? kept_until(meter, meter.last_good) : meter.last_good + stale_after(meter);
    return meter.life == MeterLife::Live && now <= until;
}

milliseconds refresh_time(const Meter& meter) {
    const bool stream = is_stream(meter.config.driver);
    const auto interval = stream ? meter.pace.interval() : meter.pace.polled_interval();
    if (!interval) {
        return meter.info.refresh_time.value_or(1s);
    }
    const milliseconds step = *interval < 950ms ? 50ms : 1000ms;
    const milliseconds measured =
        std::max(step, std::chrono::round<milliseconds>((*interval + step / 2) / step * step));
    const auto difference = std::chrono::abs(*interval - meter.refresh_time);
    return 4 * difference > meter.refresh_time ? measured : meter.refresh_time;
}

} // namespace gridbridge
