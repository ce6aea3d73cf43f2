// When the newest of what happened on the wires is worth keeping. Pure.
#pragma once

#include "mqtt/outlet/finding.hpp"
#include "mqtt/outlet/meter.hpp"

#include <chrono>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>

namespace gridbridge {

// One recording has all meters of the last minute: what goes wrong together is kept once, and what flaps does
// not drive out the rest. Publisher thread only.
class IncidentTriggers {
  public:
    static constexpr std::chrono::seconds same_meter{60};
    static constexpr std::chrono::seconds same_cause{10};

    // Whether an incident of this meter (empty: the service) and cause is to be kept now.
    bool wants(const std::string& meter, const std::string& cause, Clock::time_point now);
    // A counter of the meter has begun to wait for its confirmation.
    bool begins_to_hold(const Meter& meter);
    // Those of severity error that were not among the last ones; each once.
    std::vector<Finding> new_errors(std::span<const Finding> findings);

  private:
    std::map<std::string, Clock::time_point> by_meter_, by_cause_; // when last
    std::map<SourceId, bool> holds_;
    std::set<std::pair<FindingCode, std::string>> errors_;
};

} // namespace gridbridge
