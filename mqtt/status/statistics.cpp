#include "mqtt/status/statistics.hpp"

#include "mqtt/outlet/payload.hpp"

#include <chrono>

namespace gridbridge {
namespace {

std::string counted(std::uint64_t now, std::uint64_t before, std::string_view what) {
    return std::to_string(now - before) + " " + std::string(what);
}

std::string reasons_text(const MeterCounters& counters, const MeterCounters& before) {
    std::string text;
    for (std::size_t i = 0; i < counters.rejected_by.size(); ++i) {
        const RejectedCount& row = counters.rejected_by.at(i);
        if (const std::uint64_t count = row.count - before.rejected_by.at(i).count; count > 0) {
            text += (text.empty() ? " (" : ", ") + std::to_string(count) + " " + std::string(row.reason);
        }
    }
    return text.empty() ? text : text + ")";
}

std::string period_text(std::chrono::seconds time) {
    return time.count() % 60 == 0 ? std::to_string(time.count() / 60) + " min"
                                  : std::to_string(time.count()) + " s";
}

} // namespace

std::string counters_text(const MeterCounters& counters, const MeterCounters& before) {
    std::string text = counted(counters.good, before.good, "good, ") +
                       counted(counters.rejected, before.rejected, "rejected") +
                       reasons_text(counters, before) + ", " +
                       counted(counters.timeouts, before.timeouts, "timeouts, ") +
                       counted(counters.exceptions, before.exceptions, "exceptions, ") +
                       counted(counters.skipped_bytes, before.skipped_bytes, "bytes skipped, ") +
                       counted(counters.reconnects, before.reconnects, "reconnects");
    if (counters.implausible > before.implausible) {
        text += ", " + counted(counters.implausible, before.implausible, "implausible values");
    }
    if (counters.foreign_frames > before.foreign_frames) {
        text += ", " + counted(counters.foreign_frames, before.foreign_frames, "answers to another client");
    }
    if (counters.share_missed > before.share_missed) {
        text +=
            ", " + counted(counters.share_missed, before.share_missed, "telegrams missed by slow clients");
    }
    if (counters.share_disconnected > before.share_disconnected) {
        text += ", " +
                counted(counters.share_disconnected, before.share_disconnected, "slow clients disconnected");
    }
    return text;
}

std::string age_text(const Meter& meter, Clock::time_point now) {
    if (meter.last_good == Clock::time_point{}) {
        return meter.loss_reason.empty() ? "no reading yet" : "no reading yet: " + meter.loss_reason;
    }
    const std::chrono::duration<double> age = now - meter.last_good;
    const std::string text = "last reading " + rounded_text(age.count(), 1) + " s ago";
    return meter.life == MeterLife::Live ? text : "lost: " + meter.loss_reason + "; " + text;
}

void Statistics::tick(Clock::time_point now, Messages& /*out*/) {
    if (options_.interval.count() == 0) {
        return;
    }
    if (next_ == Clock::time_point{}) {
        next_ = now + options_.interval;
    }
    if (now < next_) {
        return;
    }
    next_ = now + options_.interval;
    for (auto& [source, known] : meters_) {
        const MeterCounters& counters = known.meter->counters;
        options_.log(*known.meter,
                     "last " + period_text(options_.interval) + ": " + counters_text(counters, known.before) +
                         "; since start: " + counters_text(counters) + "; " + age_text(*known.meter, now));
        known.before = counters;
    }
}

Clock::time_point Statistics::next_tick(Clock::time_point now) const {
    if (options_.interval.count() == 0) {
        return now + std::chrono::hours(1);
    }
    return next_ == Clock::time_point{} ? now : next_;
}

} // namespace gridbridge
