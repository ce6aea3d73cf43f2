// Whether a battery can be steered by a meter: interval, gaps, lost answers, time to the broker. Pure.
#pragma once

#include "mqtt/doctor/lasting.hpp"
#include "mqtt/outlet/finding.hpp"
#include "mqtt/outlet/meter.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

class ControlWatch {
  public:
    void take(const Meter& meter, const Reading& reading);
    // Of a grid meter that gives readings: always one finding, the verdict with the number that decides.
    void look(const Meter& meter, const std::string& id, Clock::time_point now, std::vector<Finding>& out);

  private:
    struct Counted {
        Clock::time_point time;
        std::uint64_t good = 0, timeouts = 0;
        LatencyHistogram to_broker;
    };
    void count(const Meter& meter, Clock::time_point now);
    double lost_share() const;     // of the answers of the last 10 minutes
    double late_to_broker() const; // share of its readings that took more than 200 ms to the client

    std::optional<Clock::time_point> received_;
    Share gaps_; // readings that came later than three intervals after the one before
    Clock::duration longest_{0};
    std::deque<Counted> counted_; // one a minute
    Lasting unfit_;
};

} // namespace gridbridge
