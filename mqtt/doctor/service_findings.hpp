// What is wrong with the service itself: its broker, what it saves, its clock. Pure.
#pragma once

#include "mqtt/doctor/doctor_view.hpp"
#include "mqtt/outlet/finding.hpp"

#include <vector>

namespace gridbridge {

// How the broker was lately.
struct BrokerCourse {
    bool is_away = false;        // for longer than an ordinary attempt to connect takes
    bool comes_and_goes = false; // it took us back several times within minutes
    bool sinks_are_away = false; // for longer than a reconnection takes
};

std::vector<Finding> service_findings(const DoctorView& view, const BrokerCourse& course);

} // namespace gridbridge
