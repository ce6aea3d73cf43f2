// The doctor of the running service: what it is shown, and where its findings go.
#pragma once

#include "app/config/config.hpp"
#include "drivers/waist/log.hpp"
#include "mqtt/doctor/doctor.hpp"
#include "mqtt/doctor/findings_book.hpp"
#include "mqtt/doctor/findings_outlet.hpp"
#include "mqtt/outlet/outlet.hpp"
#include "mqtt/status/snapshot.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace gridbridge {

// What it is shown of the service, without the wall clock; called on the publisher thread.
using DoctorSight = std::function<DoctorView()>;

// Keeps what is known of hours of readings, also while its outlet is down. Publisher thread only.
class ServiceDoctor {
  public:
    ServiceDoctor(const LimitsConfig& limits, Log log);

    // Findings and the load test. Must outlive the outlets made of the rows.
    void add_outlets(std::vector<OutletRow>& rows, const std::string& portal_id, DoctorSight sight);
    void add_findings(Snapshot& snapshot) const;
    const std::vector<Finding>& findings() const { return book_.findings(); } // publisher thread

  private:
    FindingsOutletOptions findings_options(const std::string& portal_id, DoctorSight sight);

    Doctor doctor_;
    FindingsBook book_;
    std::set<SourceId> followed_;
    std::string load_test_; // newest progress
};

} // namespace gridbridge
