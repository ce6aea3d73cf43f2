#include "mqtt/doctor/peak_watch.hpp"

#include "mqtt/doctor/words.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

constexpr std::chrono::hours peak_remembered(24);
constexpr double longest_step = 30;    // s between two readings
constexpr double known_at_least = 0.8; // of a quarter

} // namespace

void PeakWatch::take(const Reading& reading, std::optional<std::chrono::milliseconds> wall) {
    const auto watts = reading.get(Quantity::Power);
    if (!limit_ || !wall || !watts) {
        return;
    }
    const auto unix_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(reading.received.time_since_epoch()) + *wall;
    const std::int64_t quarter = unix_ms / std::chrono::milliseconds(period);
    if (quarter_ && quarter != *quarter_) {
        close(reading.received);
    }
    quarter_ = quarter;
    if (received_) {
        const double step = std::chrono::duration<double>(reading.received - *received_).count();
        if (step > 0 && step <= longest_step) {
            watt_seconds_ += watts_ * step;
            seconds_ += step;
        }
    }
    received_ = reading.received;
    watts_ = *watts;
}

void PeakWatch::close(Clock::time_point now) {
    const double whole = std::chrono::duration<double>(period).count();
    const double mean = seconds_ > 0 ? watt_seconds_ / seconds_ : 0;
    if (seconds_ > known_at_least * whole && mean > *limit_) {
        const bool is_first = !exceeded_at_ || now - *exceeded_at_ >= peak_remembered;
        highest_ = is_first ? mean : std::max(highest_, mean);
        exceeded_at_ = now;
    }
    watt_seconds_ = 0;
    seconds_ = 0;
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
                                   "a quarter of an hour of the last day was above the limit",
                                   words::kilowatts(highest_) + ", limit " + words::kilowatts(*limit_)));
    }
}

} // namespace gridbridge
