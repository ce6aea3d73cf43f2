#include "tests/bench/latency.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace gridbridge::bench {
namespace {

double milliseconds(Clock::duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

} // namespace

long Latency::next_watts() {
    const std::lock_guard lock(mutex_);
    return ++watts_;
}

void Latency::sent(long watts) {
    const std::lock_guard lock(mutex_);
    sent_[watts] = under_way_[watts] = Clock::now();
}

std::optional<Clock::time_point> Latency::sent_at(double watts) const {
    const std::lock_guard lock(mutex_);
    const auto found = sent_.find(std::lround(watts));
    return found == sent_.end() ? std::nullopt : std::optional(found->second);
}

void Latency::received(double watts, Clock::time_point at) {
    const std::lock_guard lock(mutex_);
    const auto found = under_way_.find(std::lround(watts));
    if (found != under_way_.end()) { // else a repetition
        times_.power.push_back(milliseconds(at - found->second));
        incomplete_since_ = found->second;
        under_way_.erase(under_way_.begin(), std::next(found));
    }
}

void Latency::completed(Clock::time_point at) {
    const std::lock_guard lock(mutex_);
    if (incomplete_since_) {
        times_.last_message.push_back(milliseconds(at - *incomplete_since_));
        incomplete_since_.reset();
    }
}

Latency::Times Latency::take() {
    const std::lock_guard lock(mutex_);
    std::sort(times_.power.begin(), times_.power.end());
    std::sort(times_.last_message.begin(), times_.last_message.end());
    return std::exchange(times_, {});
}

std::size_t Latency::count() const {
    const std::lock_guard lock(mutex_);
    return times_.power.size();
}

double quantile(const std::vector<double>& sorted, double share) {
    if (sorted.empty()) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    const double place = share * static_cast<double>(sorted.size() - 1);
    return sorted[static_cast<std::size_t>(std::lround(place))];
}

} // namespace gridbridge::bench
