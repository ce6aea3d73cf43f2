// What the status server and the query service show of the newest snapshot.
#pragma once

#include "app/servers/http_answers.hpp"
#include "mqtt/status/snapshot_board.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

bool is_status_path(std::string_view path);

// `/health`: JSON, 200 when healthy and 503 when not; `/findings`: a JSON list, or 503 with what `/health`
// says of a publisher that does not answer; `/metrics`: Prometheus. Nothing for other paths. Any thread;
// waits at most two seconds for the publisher.
std::optional<StatusPage> status_page(SnapshotBoard& board, const HttpMessage& request);

// One line for people: "healthy", or the first problem.
std::string status_line(SnapshotBoard& board);

// What the query service answers. Any thread; waits at most half a second for the publisher.
std::string query_answer(SnapshotBoard& board, std::string_view command);

} // namespace gridbridge
