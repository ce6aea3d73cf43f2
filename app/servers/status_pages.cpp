#include "app/servers/status_pages.hpp"

#include "mqtt/status/health.hpp"
#include "mqtt/status/metrics.hpp"
#include "mqtt/status/query.hpp"

#include <chrono>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 2s;
constexpr auto short_patience = 500ms;
constexpr std::string_view health_path = "/health";
constexpr std::string_view findings_path = "/findings";
constexpr std::string_view metrics_path = "/metrics";
constexpr const char* stuck = "the publisher does not answer: it is stuck, or the service is stopping";

} // namespace

bool is_status_path(std::string_view path) {
    return path == health_path || path == findings_path || path == metrics_path;
}

std::optional<StatusPage> status_page(SnapshotBoard& board, const HttpMessage& request) {
    constexpr int ok = 200;
    constexpr int unavailable = 503;
    if (!is_status_path(request.path) || request.method == "POST") {
        return std::nullopt;
    }
    const auto view = board.ask(patience);
    const auto now = Clock::now();
    if (request.path == metrics_path) {
        return StatusPage{ok, "text/plain; version=0.0.4; charset=utf-8",
                          metrics_text(view ? &*view : nullptr, now)};
    }
    if (!view) {
        return StatusPage{unavailable, "application/json", failed_health_json(stuck) + "\n"};
    }
    if (request.path == findings_path) {
        return StatusPage{ok, "application/json",
                          findings_json(view->findings, view->wall.at, view->wall.unix_ms) + "\n"};
    }
    const bool healthy = health_problems(*view, now).empty();
    return StatusPage{healthy ? ok : unavailable, "application/json", health_json(*view, now) + "\n"};
}

std::string status_line(SnapshotBoard& board) {
    const auto view = board.ask(short_patience);
    if (!view) {
        return stuck;
    }
    const auto problems = health_problems(*view, Clock::now());
    if (problems.empty()) {
        return "healthy, " + std::to_string(view->meters.size()) + " meter(s)";
    }
    const std::string more =
        problems.size() > 1 ? " (and " + std::to_string(problems.size() - 1) + " more)" : std::string();
    return problems.front() + more;
}

std::string query_answer(SnapshotBoard& board, std::string_view command) {
    const auto snapshot = board.ask(short_patience);
    return snapshot ? answer(command, *snapshot, Clock::now()) : "error: " + std::string(stuck) + "\n";
}

} // namespace gridbridge
