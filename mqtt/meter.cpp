#include "mqtt/meter.hpp"

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

} // namespace gridbridge
