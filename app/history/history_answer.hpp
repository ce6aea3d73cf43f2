// Answers what is asked of the history, from memory and file.
#pragma once

#include "mqtt/history/history_memory.hpp"
#include "mqtt/history/history_table.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// What is asked. Times of `now` and `wall_ms` (Unix time in ms) are one moment.
struct HistorySources {
    const HistoryMemory* memory = nullptr; // none: the file alone
    std::string path;                      // empty: memory alone
    Clock::time_point now{};
    std::int64_t wall_ms = 0;
};

// The day of `time` by the local time of this machine.
Period local_day(std::int64_t time);
// "2026-11-30T14:05:00+01:00", of Unix time in ms.
std::string local_time_text(std::int64_t unix_ms);

// The rows, up to now. Any thread but the publisher's: waits for the disk. Throws HistoryFileError when there
// is a file that cannot be read.
HistoryTable history_table(const HistoryQuery& query, const HistorySources& sources);

// What a web page gets: JSON, or an error.
struct HistoryReply {
    int code = 0; // as of HTTP: 200, 400, 404 (no such meter), 503 (the file cannot be read)
    std::string body;
};
// `query_string` as parse_history_query() takes it. Any thread but the publisher's.
HistoryReply history_reply(std::string_view query_string, const HistorySources& sources);

} // namespace gridbridge
