#include "mqtt/meter.hpp"

#include <algorithm>

namespace gridbridge {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

void Pace::arrived(Clock::time_point at) {
    if (last_) {
        intervals_.at(count_ % intervals_.size()) = std::chrono::duration_cast<milliseconds>(at - *last_);
        ++count_;
    }
    last_ = at;
}

std::optional<milliseconds> Pace::interval() const {
    const std::size_t known = std::min(count_, intervals_.size());
    if (known == 0) {
        return std::nullopt;
    }
    auto sorted = intervals_;
    std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(known));
    return sorted.at(known / 2);
}

milliseconds stale_after(const Meter& meter) {
    if (meter.config.stale_after) {
        return *meter.config.stale_after;
    }
    if (is_stream(meter.config.driver)) {
        const auto interval = meter.pace.interval();
        return interval ? std::clamp<milliseconds>(3 * *interval, 5s, 35s) : milliseconds(35s);
    }
    return meter.role == "grid" ? 5s : 10s;
}

} // namespace gridbridge
