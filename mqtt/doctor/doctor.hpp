// The doctor: readings, counters and configuration in, findings out. Pure.
#pragma once

#include "mqtt/outlet/finding.hpp"
#include "mqtt/outlet/meter.hpp"
#include "mqtt/status/snapshot.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace gridbridge {

struct DoctorOptions {
    std::optional<double> peak_watts; // [limits] peak_kw
};

// What the doctor is shown of the service when it looks.
struct DoctorView {
    BrokerHealth broker;
    std::vector<std::string> problems; // of the service itself, in plain words
    std::vector<std::string> remarks;
    std::optional<std::int64_t> unix_ms; // the wall clock; nothing: not set
};

class Doctor {
  public:
    explicit Doctor(DoctorOptions options);
    ~Doctor();
    Doctor(const Doctor&) = delete;
    Doctor& operator=(const Doctor&) = delete;

    // The meter is followed from now on and stays where it is.
    void follow(const Meter& meter);
    // It has a new reading. Takes one of several within a second: cheap.
    void reading(const Meter& meter, Clock::time_point now);
    // It was lost, or is another one from now on: what is known of its wiring stays.
    std::vector<Finding> look(const DoctorView& view, Clock::time_point now);

  private:
    struct Followed;
    DoctorOptions options_;
    std::map<SourceId, std::unique_ptr<Followed>> meters_;
};

} // namespace gridbridge
