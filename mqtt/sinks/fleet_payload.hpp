// What an uplink says: topics below `fleet/<portal>/` and the JSON of a reading with its key. Pure.
#pragma once

#include "mqtt/readings/reading_json.hpp"
#include "mqtt/sinks/queue_record.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gridbridge {

// `fleet/<portal>/<serial>/reading`; `place` of the point is the serial number.
std::string fleet_reading_topic(const std::string& portal_id, const std::string& serial);
std::string fleet_state_topic(const std::string& portal_id, const std::string& state);

// What is queued of a reading: its members without `time`, `run` and `seq`.
std::string fleet_members(const ToldReading& told, Clock::time_point now);
// The whole payload.
std::string fleet_reading(const QueuedPoint& point, std::int64_t unix_ms, std::string_view run);

} // namespace gridbridge
