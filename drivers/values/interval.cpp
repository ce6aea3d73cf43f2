#include "drivers/values/interval.hpp"

#include <algorithm>
#include <cmath>

namespace gridbridge {
namespace {

constexpr std::size_t enough = 3;
constexpr std::chrono::milliseconds fastest_meter(500);
constexpr std::chrono::hours longest_interval(6); // what is silent for longer was away

} // namespace

void IntervalMeter::arrived(Clock::time_point received) {
    if (last_ == received) { // shown again
        return;
    }
    if (last_ && received - *last_ <= longest_interval) {
        intervals_[count_ % window] = received - *last_;
        ++count_;
        find_median();
        round();
    }
    last_ = received;
}

void IntervalMeter::find_median() {
    const std::size_t known = std::min(count_, window);
    if (known < enough) {
        const auto longest =
            *std::max_element(intervals_.begin(), intervals_.begin() + static_cast<std::ptrdiff_t>(known));
        longest_ = longest >= fastest_meter ? std::optional(longest) : std::nullopt;
        return;
    }
    longest_.reset();
    auto sorted = intervals_;
    const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(known);
    std::sort(sorted.begin(), end);
    median_ = sorted[known / 2];
    const auto slow = std::lower_bound(sorted.begin(), end, Clock::duration(fastest_meter));
    const auto slow_ones = static_cast<std::size_t>(end - slow);
    if (*median_ >= fastest_meter) {
        paced_ = median_;
    } else if (2 * slow_ones + 1 >= known) { // each telegram comes twice
        paced_ = slow[(end - slow) / 2];
    } else if (slow_ones == 0) { // else it is what it was: some come twice, some late
        paced_.reset();
    }
}

std::optional<Clock::duration> IntervalMeter::interval() const {
    return paced_;
}

void IntervalMeter::round() {
    const auto measured = interval();
    if (!measured) {
        return;
    }
    const double seconds = std::chrono::duration<double>(*measured).count();
    const double old = rounded_ ? std::chrono::duration<double>(*rounded_).count() : 0.0;
    // Jitter around a half second must not make it flip.
    if (std::abs(seconds - old) > 0.75) {
        rounded_ = std::chrono::seconds(std::max(1L, std::lround(seconds)));
    }
}

} // namespace gridbridge
