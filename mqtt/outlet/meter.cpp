#include "mqtt/outlet/meter.hpp"

#include <algorithm>

namespace gridbridge {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

milliseconds stale_after(const Meter& meter) {
    if (meter.config.stale_after) {
        return *meter.config.stale_after;
    }
    if (is_stream(meter.config.driver)) {
        const auto interval = meter.pace.interval();
        return interval ? std::chrono::duration_cast<milliseconds>(
                              std::clamp<Clock::duration>(3 * *interval, 5s, 35s))
                        : milliseconds(35s);
    }
    return meter.role == "grid" ? 5s : 10s;
}

bool is_fresh(const Meter& meter, Clock::time_point now) {
    return meter.life == MeterLife::Live && now - meter.last_good <= stale_after(meter);
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
