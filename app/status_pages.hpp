// What the paths of the status server show.
#pragma once

#include "app/status_server.hpp"
#include "mqtt/health_board.hpp"

#include <memory>
#include <optional>
#include <string>

namespace gridbridge {

// `/health`: JSON, 200 when healthy and 503 when not; `/metrics`: Prometheus. Nothing for other paths. Any
// thread; waits at most two seconds for the publisher.
std::optional<StatusPage> status_page(HealthBoard& board, const std::string& path);

// One line for people: "healthy", or the first problem.
std::string status_line(HealthBoard& board);

} // namespace gridbridge
