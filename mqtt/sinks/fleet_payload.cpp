#include "mqtt/sinks/fleet_payload.hpp"

#include "mqtt/outlet/topics.hpp"

namespace gridbridge {

std::string fleet_reading_topic(const std::string& portal_id, const std::string& serial) {
    return "fleet/" + portal_id + "/" + topic_level(serial) + "/reading";
}

std::string fleet_state_topic(const std::string& portal_id, const std::string& state) {
    return "fleet/" + portal_id + "/" + state;
}

std::string fleet_members(const ToldReading& told, Clock::time_point now) {
    return reading_members(told, now, WithStamp::No);
}

std::string fleet_reading(const QueuedPoint& point, std::int64_t unix_ms, std::string_view run) {
    std::string json = "{\"time\":" + std::to_string(unix_ms) + ",\"run\":\"";
    json.append(run).append("\",\"seq\":").append(std::to_string(point.seq)).append(",");
    return json.append(point.text).append("}");
}

} // namespace gridbridge
