#include "mqtt/limits/import_watch.hpp"

#include <algorithm>

namespace gridbridge {

void ImportWatch::count(Clock::time_point now) {
    const auto end = std::min<Clock::time_point>(now, since_ + longest_pause);
    if (watts_ && end > at_) {
        const double seconds = std::chrono::duration<double>(end - at_).count();
        seconds_ += seconds;
        watt_seconds_ += *watts_ * seconds;
        highest_ = std::max(highest_.value_or(0), *watts_);
    }
    at_ = now;
}

void ImportWatch::take(std::optional<double> watts, Clock::time_point now) {
    count(now);
    watts_ = watts ? std::optional(std::max(*watts, 0.0)) : std::nullopt;
    since_ = now;
}

void ImportWatch::begin(Clock::time_point now) {
    at_ = now;
    seconds_ = 0;
    watt_seconds_ = 0;
    highest_.reset();
}

ImportWatch::Imported ImportWatch::until(Clock::time_point now) const {
    ImportWatch counted = *this;
    counted.count(now);
    return {counted.seconds_,
            counted.seconds_ > 0 ? std::optional(counted.watt_seconds_ / counted.seconds_) : std::nullopt,
            counted.highest_};
}

} // namespace gridbridge
