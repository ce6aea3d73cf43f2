// The doctor: readings, counters and configuration in, findings out. Pure.
#pragma once

#include "mqtt/doctor/doctor_view.hpp"
#include "mqtt/doctor/lasting.hpp"
#include "mqtt/outlet/finding.hpp"
#include "mqtt/outlet/meter.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace gridbridge {

class PairWatch;

struct DoctorOptions {
    std::optional<double> peak_watts; // [limits] peak_kw
};

class Doctor {
  public:
    explicit Doctor(DoctorOptions options);
    ~Doctor();
    Doctor(const Doctor&) = delete;
    Doctor& operator=(const Doctor&) = delete;

    // The meter is followed from now on and stays where it is; again: at another place.
    void follow(const Meter& meter);
    // It has a new reading. Takes one of several within a second: cheap.
    void reading(const Meter& meter, Clock::time_point now);
    // Every 10 s or so. The worst come first.
    std::vector<Finding> look(const DoctorView& view, Clock::time_point now);

  private:
    struct Followed;
    DoctorOptions options_;
    std::map<SourceId, std::unique_ptr<Followed>> meters_;
    std::unique_ptr<PairWatch> pairs_;
    std::optional<Clock::time_point> paired_at_;
    Lasting broker_away_, sinks_away_;
    RecentRise reconnects_;
    std::optional<std::chrono::milliseconds> wall_; // ms since 1970 minus the steady clock
};

} // namespace gridbridge
