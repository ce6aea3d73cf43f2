// The mean power of a quarter of an hour against what the contract allows. Pure.
#pragma once

#include "mqtt/outlet/finding.hpp"
#include "mqtt/outlet/meter.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

class PeakWatch {
  public:
    static constexpr std::chrono::minutes period{15};

    explicit PeakWatch(std::optional<double> limit) : limit_(limit) {} // W

    // `wall` as for StateWatch: quarters begin with those of the hour.
    void take(const Reading& reading, std::optional<std::chrono::milliseconds> wall);
    void look(const Meter& meter, const std::string& id, Clock::time_point now,
              std::vector<Finding>& out) const;

  private:
    void close(Clock::time_point now);

    std::optional<double> limit_;
    std::optional<std::int64_t> quarter_;
    std::optional<Clock::time_point> received_;
    double watts_ = 0;        // of the newest reading
    double watt_seconds_ = 0; // import of the running quarter
    double seconds_ = 0;      // of it that is known
    double highest_ = 0;      // mean of a quarter above the limit
    std::optional<Clock::time_point> exceeded_at_;
};

} // namespace gridbridge
