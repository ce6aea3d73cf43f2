// The view of the service in the text format of Prometheus (version 0.0.4). Pure.
#pragma once

#include "mqtt/status/health.hpp"

#include <string>
#include <string_view>

namespace gridbridge {

// A value that is unknown has no sample: never 0, never the last one. Without a view (the publisher does not
// answer) only `gridbridge_up` is there, as 0.
std::string metrics_text(const Snapshot* view, Clock::time_point now);

// As the format wants it between the quotes of a label.
std::string label_text(std::string_view text);

} // namespace gridbridge
