#include "mqtt/doctor/peak_watch.hpp"

#include "mqtt/doctor/words.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

constexpr std::chrono::hours peak_remembered(24);

} // namespace

void PeakWatch::take(const Meter& meter) {
    if (!limit_ || !meter.interval_watts || meter.interval_end == seen_) {
        return;
    }
    seen_ = meter.interval_end;
    if (*meter.interval_watts > *limit_) {
        const bool is_first = !exceeded_at_ || seen_ - *exceeded_at_ >= peak_remembered;
        highest_ = is_first ? *meter.interval_watts : std::max(highest_, *meter.interval_watts);
        exceeded_at_ = seen_;
    }
}

void PeakWatch::look(const Meter& meter, const std::string& id, Clock::time_point now,
                     std::vector<Finding>& out) const {
    if (!limit_ || meter.role != "grid") {
        return;
    }
    const auto of_meter = meter.reading.get(Quantity::PowerDemandMax);
    if (of_meter && *of_meter > *limit_) {
        out.push_back(
            make_finding(FindingCode::PeakAboveLimit, id,
                         "the highest quarter of an hour of this month is above the limit",
                         words::kilowatts(*of_meter) + " by the meter, limit " + words::kilowatts(*limit_)));
    } else if (exceeded_at_ && now - *exceeded_at_ < peak_remembered) {
        out.push_back(make_finding(FindingCode::PeakAboveLimit, id,
                                   "the mean power of an interval of the last day was above the limit",
                                   words::kilowatts(highest_) + ", limit " + words::kilowatts(*limit_)));
    }
}

} // namespace gridbridge
