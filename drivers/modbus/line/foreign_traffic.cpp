#include "drivers/modbus/line/foreign_traffic.hpp"

#include <algorithm>
#include <string>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto seen_together = 60s;
constexpr auto state_lasts = 10min;

// Twice as long, in steps of 100 ms, within the limits of the key.
milliseconds advised_timeout(Clock::duration slowest) {
    const auto steps = 2 * slowest / 100ms + 1;
    return std::clamp<milliseconds>(steps * 100ms, 150ms, 10s);
}

} // namespace

void ForeignTraffic::Recent::add(Clock::time_point now) {
    std::rotate(last.begin(), last.begin() + 1, last.end());
    last.back() = now;
    ++count;
    holds = holds || (count >= enough && now - last.front() <= seen_together);
}

void ForeignTraffic::Recent::pass_time(Clock::time_point now) {
    holds = holds && now - last.back() <= state_lasts;
}

void ForeignTraffic::foreign_frame(Clock::time_point now) {
    foreign_.add(now);
}

void ForeignTraffic::late_answer(Clock::duration taken, Clock::time_point now) {
    slowest_ = late_.holds ? std::max(slowest_, taken) : std::max(slowest_ / 2, taken);
    late_.add(now);
}

void ForeignTraffic::pass_time(Clock::time_point now, milliseconds timeout) {
    foreign_.pass_time(now);
    late_.pass_time(now);
    timeout_ = timeout;
}

LineHealth ForeignTraffic::health() const {
    LineHealth health;
    health.foreign_frames = foreign_.count;
    health.late_answers = late_.count;
    health.is_shared = foreign_.holds;
    if (foreign_.holds) {
        health.advice = "another client uses this line: answers to its requests are left out; values come "
                        "more slowly. Let one program ask the meter, or give each a connection of its own";
    } else if (late_.holds) {
        const auto slowest = std::chrono::duration_cast<milliseconds>(slowest_);
        health.advice =
            "answers come up to " + std::to_string(slowest.count()) + " ms late" +
            (timeout_ > 0ms ? ", after the time-out of " + std::to_string(timeout_.count()) + " ms"
                            : std::string()) +
            ": set timeout=" + std::to_string(advised_timeout(slowest_).count());
    }
    return health;
}

} // namespace gridbridge
