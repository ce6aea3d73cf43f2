#include "mqtt/status/latency_watch.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace gridbridge {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds slow(200);
constexpr milliseconds too_slow(500);
constexpr std::chrono::seconds pause(60);

LogLevel level_of(microseconds round_trip) {
    if (round_trip > too_slow) {
        return LogLevel::Error;
    }
    return round_trip > slow ? LogLevel::Warn : LogLevel::Info;
}

std::string milliseconds_text(microseconds time) {
    return std::to_string(std::chrono::duration_cast<milliseconds>(time).count()) + " ms";
}

} // namespace

void LatencyWatch::reading(const Meter& meter, Clock::time_point now, Messages& /*out*/) {
    if (meter.role != "grid") {
        return;
    }
    State& state = states_[meter.source];
    const microseconds round_trip = meter.counters.round_trip;
    const LogLevel level = level_of(round_trip);
    state.worst = std::max(state.worst, level);
    state.slowest = std::max(state.slowest, round_trip);
    const bool is_worse = level > state.said;
    const bool is_time = state.said != LogLevel::Info && now - state.said_at >= pause;
    if (is_worse || is_time) {
        log_state(meter, state, now);
    }
}

void LatencyWatch::log_state(const Meter& meter, State& state, Clock::time_point now) const {
    const std::string who = meter.info.product_name + " " + meter.info.serial;
    if (state.worst == LogLevel::Info) {
        log_(LogLevel::Info, who, "answers within " + milliseconds_text(slow) + " again");
    } else {
        const auto limit = state.worst == LogLevel::Error ? too_slow : slow;
        log_(state.worst, who,
             "slow: a request took " + milliseconds_text(state.slowest) + ", more than " +
                 milliseconds_text(limit) +
                 ": a control loop on these values may overshoot; raise baud or interval, or lower the "
                 "number of meters on this line");
    }
    state = {state.worst, LogLevel::Info, microseconds(0), now};
}

} // namespace gridbridge
