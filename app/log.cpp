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
    return std::getenv("JOURNAL_STREAM") != nullptr; // NOLINT(concurrency-mt-unsafe)
}

enum class Form : unsigned char { Text, Json, Journal };

std::shared_ptr<spdlog::logger> make_logger(Form form) {
    const bool text = form == Form::Text;
    auto logger = text ? spdlog::stderr_color_mt("gridbridge") : spdlog::stderr_logger_mt("gridbridge");
    logger->set_pattern(text ? "%Y-%m-%dT%H:%M:%S.%e %^%v%$" : "%v");
    logger->flush_on(spdlog::level::trace);
    return logger;
}

std::string line_of(Form form, const LevelRow& row, std::string_view component, std::string_view message) {
    std::string line;
    switch (form) {
    case Form::Json:
        return R"({"level":)" + json_text(row.name) + R"(,"component":)" + json_text(component) +
               R"(,"message":)" + json_text(message) + "}";
    case Form::Journal:
        line = {'<', row.priority, '>'};
        break;
    case Form::Text:
        line = row.name;
        line.resize(6, ' ');
        break;
    }
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
    const Form form = json ? Form::Json : under_journald() ? Form::Journal : Form::Text;
    auto logger = make_logger(form);
    logger->set_level(row_of(level).spd);
    return [logger, form](LogLevel line_level, std::string_view component, std::string_view message) {
        const LevelRow& row = row_of(line_level);
        if (logger->should_log(row.spd)) {
            const std::string line = line_of(form, row, component, message);
            logger->log(row.spd, spdlog::string_view_t(line.data(), line.size()));
        }
    };
}

void set_log_level(LogLevel level) {
    if (const auto logger = spdlog::get("gridbridge")) {
        logger->set_level(row_of(level).spd);
    }
}

} // namespace gridbridge
