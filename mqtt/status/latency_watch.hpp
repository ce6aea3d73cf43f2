// Says in the log when the meter at the grid connection answers slowly (ecosystem: 1.1, publish latency).
#pragma once

#include "drivers/waist/log.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <map>

namespace gridbridge {

// Warns above 200 ms round trip of a request, error above 500 ms, for the role grid. Said when it gets worse
// and then at most once a minute, also that it is over. Publisher thread only.
class LatencyWatch final : public Outlet {
  public:
    explicit LatencyWatch(Log log) : log_(std::move(log)) {}

    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;

  private:
    struct State {
        LogLevel said = LogLevel::Info;  // Info: all is well
        LogLevel worst = LogLevel::Info; // since then
        std::chrono::microseconds slowest{0};
        Clock::time_point said_at{};
    };
    void log_state(const Meter& meter, State& state, Clock::time_point now) const;

    Log log_;
    std::map<SourceId, State> states_;
};

} // namespace gridbridge
