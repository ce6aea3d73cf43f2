// The service and its meters as JSON, for the page and for others. Pure.
#pragma once

#include "mqtt/status/snapshot.hpp"

#include <optional>
#include <string>

namespace gridbridge {

// "2": the second meter of the configuration; "2.1": the first device behind it. The same as long as the
// service runs.
std::string meter_id(const Meter& meter);

// Without its age, which changes all the time: equal texts, equal meters.
std::string meter_json(const Meter& meter, const std::string& portal_id, Clock::time_point now);
// How long ago its last reading was, in ms; nothing before the first.
std::optional<long long> age_ms(const Meter& meter, Clock::time_point now);

// Everything but the meters.
std::string service_json(const Snapshot& view, const std::string& portal_id, Clock::time_point now);

// `{"service": ..., "meters": [...]}`, each meter with `age_ms`.
std::string meters_json(const Snapshot& view, const std::string& portal_id, Clock::time_point now);

// As an element of `meters`: `meter` is what meter_json() made.
std::string with_age(std::string meter, std::optional<long long> age);

// The meter of that serial number.
const Meter* find_meter(const Snapshot& view, const std::string& serial);

} // namespace gridbridge
