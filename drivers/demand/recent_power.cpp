#include "drivers/demand/recent_power.hpp"

#include "drivers/demand/units.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

constexpr std::chrono::milliseconds pace(900);

} // namespace

void RecentPower::take(Clock::time_point now, std::optional<double> kwh, std::optional<double> watts) {
    watts_ = watts;
    if (!kwh || moments_.empty()) {
        moments_.assign(1, {now, 0});
        return;
    }
    const Moment newest{now, moments_.back().kwh + *kwh};
    if (moments_.size() > 1 && moments_.back().at - moments_[moments_.size() - 2].at < pace) {
        moments_.back() = newest;
    } else {
        moments_.push_back(newest);
    }
    while (moments_.size() > 2 && seconds_between(moments_[1].at, now) >= longest) {
        moments_.pop_front();
    }
}

std::optional<double> RecentPower::mean(double seconds) const {
    if (moments_.size() < 2) {
        return watts_;
    }
    const Moment& newest = moments_.back();
    const auto is_later = [&](double limit, const Moment& moment) {
        return seconds_between(moment.at, newest.at) < limit;
    };
    auto first = std::upper_bound(moments_.begin(), moments_.end(), seconds, is_later);
    first = first == moments_.begin() ? first : std::prev(first);
    const double span = seconds_between(first->at, newest.at);
    return span > 0 ? std::optional((newest.kwh - first->kwh) * joules_per_kwh / span) : watts_;
}

} // namespace gridbridge
