// The mean power of complete intervals against what the contract allows. Pure.
#pragma once

#include "mqtt/outlet/finding.hpp"
#include "mqtt/outlet/meter.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

class PeakWatch {
  public:
    explicit PeakWatch(std::optional<double> limit) : limit_(limit) {} // W

    // Takes Meter::interval_watts, which the bridge computes.
    void take(const Meter& meter);
    void look(const Meter& meter, const std::string& id, Clock::time_point now,
              std::vector<Finding>& out) const;

  private:
    std::optional<double> limit_;
    Clock::time_point seen_{}; // the end of the interval taken last
    double highest_ = 0;       // W, above the limit
    std::optional<Clock::time_point> exceeded_at_;
};

} // namespace gridbridge
