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
constexpr double least_gaps = 100; // readings
constexpr double few = 30;         // readings that tell nothing yet
constexpr milliseconds late(200);  // a limit of LatencyHistogram
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
    if (known_minutes_ > 0 && now - counted_.at(known_minutes_ - 1).time < minutes(1)) {
        return;
    }
    if (known_minutes_ == kept_minutes) {
        std::rotate(counted_.begin(), counted_.begin() + 1, counted_.end());
        --known_minutes_;
    }
    const LatencyHistogram& to_broker = meter.publish_latencies;
    counted_.at(known_minutes_) = {now, meter.counters.good, meter.counters.timeouts, to_broker.count(),
                                   beyond(to_broker)};
    ++known_minutes_;
}

double ControlWatch::lost_share() const {
    const Counted& first = counted_.front();
    const Counted& last = counted_.at(known_minutes_ - 1);
    const auto lost = static_cast<double>(last.timeouts - first.timeouts);
    const double all = static_cast<double>(last.good - first.good) + lost;
    return all < few ? 0 : lost / all;
}

double ControlWatch::late_to_broker() const {
    const Counted& first = counted_.front();
    const Counted& last = counted_.at(known_minutes_ - 1);
    const auto all = static_cast<double>(last.told - first.told);
    return all < few ? 0 : static_cast<double>(last.late - first.late) / all;
}

// Texts have no numbers that move: whoever follows them would be told every time. They stand in the evidence.
ControlWatch::Verdict ControlWatch::verdict(const Meter& meter, Clock::duration interval) const {
    if (interval > most_interval) {
        return {"readings are too far apart to steer a battery by", better_interval(meter)};
    }
    if (lost_share() > most_lost) {
        return {"too many requests get no answer",
                "Look at cable, termination and other masters of the line; a "
                "longer timeout helps slow gateways."};
    }
    if (gaps_.all() > least_gaps && gaps_.share() > most_gaps) {
        return {"too many readings come late",
                "Look at the radio or network between meter and this machine."};
    }
    if (late_to_broker() > most_late) {
        return {"too many readings take more than 200 ms to the broker",
                "Look at the load of this machine and at the broker."};
    }
    return {};
}

std::string ControlWatch::numbers(const Meter& meter, Clock::duration interval) const {
    return "a reading every " + words::seconds(interval) + ", " + words::percent(lost_share()) + " lost, " +
           words::percent(gaps_.share()) + " late by up to " + words::seconds(longest_) + ", round trip " +
           words::milliseconds(meter.counters.round_trip) + ", " +
           words::milliseconds(meter.publish_latency) + " to the broker's client";
}

void ControlWatch::look(const Meter& meter, const std::string& id, Clock::time_point now,
                        std::vector<Finding>& out) {
    count(meter, now);
    const auto interval = meter.pace.polled_interval();
    if (meter.role != "grid" || meter.life != MeterLife::Live || !interval) {
        unfit_.reset();
        return;
    }
    Verdict verdict = this->verdict(meter, *interval);
    if (!unfit_.apply(!verdict.text.empty(), now, minutes(2))) {
        out.push_back(make_finding(FindingCode::Fitness, id, "fit for control of a battery",
                                   numbers(meter, *interval)));
        return;
    }
    Finding unfit = make_finding(FindingCode::UnfitForControl, id, "only for display: " + verdict.text,
                                 numbers(meter, *interval));
    // What the meter is by nature is no fault of the installation.
    const bool is_slow_by_nature = driver_row(meter.config.driver).is_stream && *interval > most_interval;
    unfit.severity = is_slow_by_nature ? Severity::Info : Severity::Warning;
    unfit.action = std::move(verdict.action);
    out.push_back(std::move(unfit));
}

} // namespace gridbridge
