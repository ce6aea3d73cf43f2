#include "mqtt/doctor/control_watch.hpp"

#include "mqtt/doctor/words.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// A battery that follows the load needs a value about every second (ecosystem: a GX takes 1 s for slow).
constexpr milliseconds most_interval(2500);
constexpr double most_lost = 0.05;
constexpr double most_gaps = 0.02;
constexpr double most_late = 0.02;
constexpr std::size_t kept_minutes = 10;
constexpr milliseconds late(200); // a limit of LatencyHistogram
constexpr double counted_readings = 4000;
constexpr seconds least_gap(3);

std::uint64_t beyond(const LatencyHistogram& histogram) {
    std::uint64_t within = 0;
    for (std::size_t i = 0; i < LatencyHistogram::limits.size() && LatencyHistogram::limits.at(i) <= late;
         ++i) {
        within += histogram.within(i);
    }
    return histogram.count() - within;
}

// What would make it better.
std::string better_interval(const Meter& meter) {
    const MeterConfig& config = meter.config;
    if (driver_row(config.driver).is_stream) {
        return "This meter sends no faster: take one that is read over Modbus for control.";
    }
    if (config.interval > most_interval) {
        return "Set interval to 1000 or less.";
    }
    return "Raise the baud rate of meter and line, or give the meter a bus of its own.";
}

} // namespace

void ControlWatch::take(const Meter& meter, const Reading& reading) {
    const auto interval = meter.pace.polled_interval();
    if (received_ && interval) {
        const Clock::duration gap = reading.received - *received_;
        const bool is_gap = gap > std::max<Clock::duration>(3 * *interval, least_gap);
        gaps_.add(is_gap);
        longest_ = is_gap ? std::max(longest_, gap) : longest_;
        if (gaps_.all() > counted_readings) {
            gaps_.forget_half();
            longest_ = gaps_.of_kind() < 1 ? Clock::duration(0) : longest_;
        }
    }
    received_ = reading.received;
}

void ControlWatch::count(const Meter& meter, Clock::time_point now) {
    if (counted_.empty() || now - counted_.back().time >= minutes(1)) {
        counted_.push_back({now, meter.counters.good, meter.counters.timeouts, meter.publish_latencies});
        if (counted_.size() > kept_minutes) {
            counted_.pop_front();
        }
    }
}

double ControlWatch::lost_share() const {
    const double good = static_cast<double>(counted_.back().good - counted_.front().good);
    const double lost = static_cast<double>(counted_.back().timeouts - counted_.front().timeouts);
    return good + lost < 30 ? 0 : lost / (good + lost);
}

double ControlWatch::late_to_broker() const {
    const LatencyHistogram& first = counted_.front().to_broker;
    const LatencyHistogram& last = counted_.back().to_broker;
    const double all = static_cast<double>(last.count() - first.count());
    return all < 30 ? 0 : static_cast<double>(beyond(last) - beyond(first)) / all;
}

void ControlWatch::look(const Meter& meter, const std::string& id, Clock::time_point now,
                        std::vector<Finding>& out) {
    count(meter, now);
    const auto interval = meter.pace.polled_interval();
    if (meter.role != "grid" || meter.life != MeterLife::Live || !interval) {
        unfit_.reset();
        return;
    }
    const bool is_stream = driver_row(meter.config.driver).is_stream;
    std::string text;
    std::string action;
    if (*interval > most_interval) {
        text = "a reading every " + words::seconds(*interval) + " is too slow to steer a battery by";
        action = better_interval(meter);
    } else if (lost_share() > most_lost) {
        text = words::percent(lost_share()) + " of the requests get no answer";
        action =
            "Look at cable, termination and other masters of the line; a longer timeout helps slow gateways.";
    } else if (gaps_.all() > 100 && gaps_.share() > most_gaps) {
        text = words::percent(gaps_.share()) + " of the readings come late, up to " +
               words::seconds(longest_) + " after the one before";
        action = "Look at the radio or network between meter and this machine.";
    } else if (late_to_broker() > most_late) {
        text = words::percent(late_to_broker()) + " of the readings take more than 200 ms to the broker";
        action = "Look at the load of this machine and at the broker.";
    }
    const std::string numbers =
        "a reading every " + words::seconds(*interval) + ", " + words::percent(lost_share()) +
        " lost, round trip " +
        rounded_text(static_cast<double>(meter.counters.round_trip.count()) / 1000, 1) + " ms, " +
        rounded_text(static_cast<double>(meter.publish_latency.count()) / 1000, 2) +
        " ms to the broker's client";
    const bool is_unfit = unfit_.apply(!text.empty(), now, minutes(2));
    if (text.empty() || !is_unfit) {
        Finding fit = make_finding(FindingCode::Fitness, id, "fit for control of a battery", numbers);
        out.push_back(std::move(fit));
        return;
    }
    Finding unfit = make_finding(FindingCode::UnfitForControl, id, "only for display: " + text, numbers);
    // What the meter is by nature is no fault of the installation.
    unfit.severity = is_stream && *interval > most_interval ? Severity::Info : Severity::Warning;
    unfit.action = std::move(action);
    out.push_back(std::move(unfit));
}

} // namespace gridbridge
