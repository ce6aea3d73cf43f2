// What is wrong with the service itself: its broker, what it saves, its clock. Pure.
#pragma once

#include "mqtt/doctor/doctor_view.hpp"
#include "mqtt/outlet/finding.hpp"

#include <vector>

namespace gridbridge {

std::vector<Finding> service_findings(const DoctorView& view);

} // namespace gridbridge
