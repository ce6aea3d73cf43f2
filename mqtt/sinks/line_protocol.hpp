// Points in the line protocol of InfluxDB, which VictoriaMetrics, QuestDB and Telegraf read too. Pure.
// Source: https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/
#pragma once

#include "mqtt/readings/reading_json.hpp"
#include "mqtt/sinks/queue_record.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gridbridge {

// As the value of a tag: `,`, `=` and blanks escaped. A backslash, which cannot be written everywhere, and
// control characters become `_`.
std::string tag_text(std::string_view text);

// `gridbridge,portal=...,role=...,serial=... live=true,power=...`: measurement, tags and fields, without
// time. Fields are the quantities that are known, by name; of a lost meter `live=false` alone.
std::string line_text(const ToldReading& told, std::string_view portal_id, std::string_view serial);

// The whole line with its end; the time in ns, as every server takes it for granted.
void append_line(std::string& lines, const QueuedPoint& point, std::int64_t unix_ms);

} // namespace gridbridge
