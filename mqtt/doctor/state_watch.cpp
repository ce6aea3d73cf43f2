#include "mqtt/doctor/state_watch.hpp"

#include "mqtt/doctor/known_faults.hpp"
#include "mqtt/doctor/words.hpp"

#include <algorithm>
#include <cmath>

namespace gridbridge {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds patience(30); // for the first answer of a meter
constexpr seconds most_offset(10);
constexpr int hour = 3600;
constexpr int zone_step = 900; // time zones differ by quarters of an hour

// How far the meter's clock is ahead, -1800..1800 s.
int offset_of(int meter_second, std::int64_t unix_ms) {
    const int here = static_cast<int>(unix_ms / 1000 % hour);
    const int ahead = (meter_second - here + hour) % hour;
    return ahead > hour / 2 ? ahead - hour : ahead;
}

bool is_zone(int offset) {
    const int rest = std::abs(offset) % zone_step;
    return std::abs(offset) > zone_step / 2 &&
           std::min(rest, zone_step - rest) <= static_cast<int>(most_offset.count());
}

} // namespace

void StateWatch::take(const Reading& reading, std::optional<std::chrono::milliseconds> wall,
                      Clock::time_point now) {
    if (!reading.meter_second || !wall) {
        return;
    }
    const auto unix_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(reading.received.time_since_epoch()) + *wall;
    const int offset = offset_of(*reading.meter_second, unix_ms.count());
    const bool differs = std::abs(offset) > most_offset.count() && !is_zone(offset);
    clock_offset_ = seconds(offset);
    clock_is_off_ = clock_differs_.apply(differs, now, minutes(2));
}

void StateWatch::look(const Meter& meter, const std::string& id, Clock::time_point now,
                      std::vector<Finding>& out) {
    tell_presence(meter, id, now, out);
    tell_line(meter, id, now, out);
    tell_meter(meter, id, now, out);
}

void StateWatch::tell_presence(const Meter& meter, const std::string& id, Clock::time_point now,
                               std::vector<Finding>& out) {
    const bool is_device = meter.source.channel != 0;
    const bool never = meter.last_good == Clock::time_point{};
    absent_since_ = never ? absent_since_.value_or(now) : std::optional<Clock::time_point>();
    if (meter.is_refused) {
        out.push_back(make_finding(FindingCode::MeterRefused, id, meter.loss_reason, meter.config.uri));
    } else if (never && now - *absent_since_ >= patience && !is_device) {
        out.push_back(make_finding(FindingCode::MeterUnreachable, id,
                                   meter.loss_reason.empty() ? "no answer yet" : meter.loss_reason,
                                   "no reading for " + words::seconds(now - *absent_since_)));
    } else if (!never && !is_device && !is_fresh(meter, now) && !is_slow(meter)) {
        Finding lost = make_finding(FindingCode::MeterLost, id,
                                    meter.loss_reason.empty() ? "no readings any more" : meter.loss_reason,
                                    "last reading " + words::seconds(now - meter.last_good) + " ago");
        lost.severity = meter.role == "grid" ? Severity::Error : Severity::Warning;
        out.push_back(std::move(lost));
    } else if (meter.role == "grid" && is_fresh(meter, now) && lacks_power(meter, now)) {
        const DriverRow& driver = driver_row(meter.config.driver);
        const std::string& advice = meter.info.advice;
        const bool is_locked =
            !advice.empty() && (advice == driver.no_power_advice || advice == driver.lost_power_advice);
        out.push_back(make_finding(is_locked ? FindingCode::MeterLocked : FindingCode::MeterSilent, id,
                                   advice.empty() ? "its telegrams have no power" : advice,
                                   "energy comes, no power for " + words::seconds(now - meter.last_power)));
    }
}

void StateWatch::tell_line(const Meter& meter, const std::string& id, Clock::time_point now,
                           std::vector<Finding>& out) {
    const MeterCounters& counters = meter.counters;
    foreign_.take(counters.foreign_frames, 3, minutes(10), now);
    if (foreign_.holds(hours(1), now)) {
        out.push_back(make_finding(FindingCode::BusShared, id,
                                   "answers to requests of another client were heard",
                                   std::to_string(counters.foreign_frames) + " since the start"));
    }
    reopened_.take(counters.reconnects, 3, hours(1), now);
    if (reopened_.holds(hours(1), now) && has_serial_port(meter.config)) {
        out.push_back(make_finding(FindingCode::AdapterReplugged, id,
                                   "the connection was lost and opened again several times within an hour",
                                   std::to_string(counters.reconnects) + " times since the start"));
    }
    held_back_.take(meter.counters_held_back, 1, hours(1), now);
    if (held_back_.holds(hours(24), now) || meter.counters_held) {
        out.push_back(
            make_finding(FindingCode::CountersJumped, id,
                         "an energy counter fell or rose by more than can have flowed: it was held back",
                         std::to_string(meter.counters_held_back) + " values held back since the start"));
    }
}

void StateWatch::tell_meter(const Meter& meter, const std::string& id, Clock::time_point now,
                            std::vector<Finding>& out) {
    if (meter.info.import_only && meter.role == "grid") {
        out.push_back(make_finding(FindingCode::ImportOnly, id, "this variant counts export as import",
                                   meter.info.model));
    }
    if (!meter.info.substitution.empty()) {
        out.push_back(make_finding(FindingCode::StandbyInUse, id, meter.info.substitution, {}));
    }
    if (!meter.info.contradiction.empty()) {
        out.push_back(make_finding(FindingCode::MembersDiffer, id,
                                   "its members contradict each other: " + meter.info.contradiction,
                                   "for more than a minute"));
    }
    for (const std::string& advice : {meter.info.advice, meter.instance_advice}) {
        if (!advice.empty() && !lacks_power(meter, now)) {
            out.push_back(make_finding(FindingCode::MeterAdvice, id, advice, {}));
            break;
        }
    }
    if (meter.info.error_code == 1) {
        out.push_back(make_finding(FindingCode::MeterSettings, id,
                                   "the selector on the front is locked: the measuring system cannot be set",
                                   "error code 1"));
    }
    if (const FirmwareFault* fault = known_fault(meter.info)) {
        out.push_back(
            make_finding(FindingCode::FirmwareFault, id, std::string(fault->text),
                         "firmware " + meter.info.firmware + ", mended in " + std::string(fault->mended)));
    }
    const bool differs =
        sum_differs_.apply(meter.life == MeterLife::Live && meter.phase_sum.doubtful(), now, minutes(5));
    if (differs) {
        out.push_back(
            make_finding(FindingCode::SumDiffers, id, "the total power differs from the sum of the phases",
                         rounded_text(meter.phase_sum.difference(), 0) + " W, for more than 5 minutes"));
    }
    if (clock_is_off_ && meter.life == MeterLife::Live) {
        const bool ahead = clock_offset_.count() > 0;
        out.push_back(make_finding(FindingCode::ClockOffset, id,
                                   std::string("the clock of the meter is ") + (ahead ? "ahead" : "behind"),
                                   std::to_string(std::abs(clock_offset_.count())) +
                                       " s against the clock of this machine"));
    }
}

} // namespace gridbridge
