// Whether a battery can be steered by a meter: interval, gaps, lost answers, time to the broker. Pure.
#pragma once

#include "mqtt/doctor/lasting.hpp"
#include "mqtt/outlet/finding.hpp"
#include "mqtt/outlet/meter.hpp"

#include <array>
#include <chrono>
#include <cstdint>
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
    struct Counted { // since the start
        Clock::time_point time;
        std::uint64_t good = 0, timeouts = 0, told = 0, late = 0;
    };
    static constexpr std::size_t kept_minutes = 10;
    struct Verdict {
        std::string text, action; // empty: fit
    };
    Verdict verdict(const Meter& meter, Clock::duration interval) const;
    std::string numbers(const Meter& meter, Clock::duration interval) const;
    void count(const Meter& meter, Clock::time_point now);
    double lost_share() const;     // of the answers of the last 10 minutes
    double late_to_broker() const; // share of its readings that took more than 200 ms to the client

    std::optional<Clock::time_point> received_;
    Portion gaps_; // readings that came later than three intervals after the one before
    Clock::duration longest_{0};
    std::array<Counted, kept_minutes> counted_; // one a minute, oldest first
    std::size_t known_minutes_ = 0;
    Lasting unfit_;
};

} // namespace gridbridge
