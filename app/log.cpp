#include "app/log.hpp"

#include "mqtt/payload.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>

namespace gridbridge {
namespace {

struct LevelRow {
    std::string_view name;
    LogLevel level;
    spdlog::level::level_enum spd;
    char priority; // sd-daemon(3)
};

constexpr std::array<LevelRow, 5> levels{{{"trace", LogLevel::Trace, spdlog::level::trace, '7'},
                                          {"debug", LogLevel::Debug, spdlog::level::debug, '7'},
                                          {"info", LogLevel::Info, spdlog::level::info, '6'},
                                          {"warn", LogLevel::Warn, spdlog::level::warn, '4'},
                                          {"error", LogLevel::Error, spdlog::level::err, '3'}}};

const LevelRow& row_of(LogLevel level) {
    return levels.at(static_cast<std::size_t>(level));
}

// Runs once, before any thread of ours is started.
bool under_journald() {
    return std::getenv("JOURNAL_STREAM") != nullptr;
} // NOLINT(concurrency-mt-unsafe)

std::shared_ptr<spdlog::logger> make_logger(bool json, bool journald) {
    auto logger =
        json || journald ? spdlog::stderr_logger_mt("gridbridge") : spdlog::stderr_color_mt("gridbridge");
    logger->set_pattern(json || journald ? "%v" : "%Y-%m-%dT%H:%M:%S.%e %^%v%$");
    logger->flush_on(spdlog::level::trace);
    return logger;
}

std::string json_line(const LevelRow& row, std::string_view component, std::string_view message) {
    return R"({"level":)" + json_text(row.name) + R"(,"component":)" + json_text(component) +
           R"(,"message":)" + json_text(message) + "}";
}

std::string text_line(const LevelRow& row, std::string_view component, std::string_view message) {
    std::string line(row.name);
    line.resize(6, ' ');
    return line.append(component).append(": ").append(message);
}

} // namespace

std::optional<LogLevel> parse_log_level(std::string_view name) {
    for (const LevelRow& row : levels) {
        if (row.name == name) {
            return row.level;
        }
    }
    return std::nullopt;
}

Log make_log(LogLevel level, bool json) {
    spdlog::drop("gridbridge");
    const bool journald = under_journald();
    auto logger = make_logger(json, journald);
    logger->set_level(row_of(level).spd);
    return
        [logger, json, journald](LogLevel line_level, std::string_view component, std::string_view message) {
            const LevelRow& row = row_of(line_level);
            if (!logger->should_log(row.spd)) {
                return;
            }
            std::string line = json ? json_line(row, component, message)
                                    : std::string(component) + ": " + std::string(message);
            if (journald && !json) {
                line = std::string("<") + row.priority + ">" + line;
            }
            logger->log(row.spd, spdlog::string_view_t(line.data(), line.size()));
        };
}

} // namespace gridbridge
