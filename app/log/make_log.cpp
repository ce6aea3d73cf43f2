#include "app/log/make_log.hpp"

#include "app/log/log_queue.hpp"
#include "mqtt/outlet/payload.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>

#include <unistd.h>

namespace gridbridge {
namespace {

struct LevelRow {
    LogLevel level;
    spdlog::level::level_enum spd;
    char priority; // sd-daemon(3)
};

constexpr std::array<LevelRow, 5> levels{{{LogLevel::Trace, spdlog::level::trace, '7'},
                                          {LogLevel::Debug, spdlog::level::debug, '7'},
                                          {LogLevel::Info, spdlog::level::info, '6'},
                                          {LogLevel::Warn, spdlog::level::warn, '4'},
                                          {LogLevel::Error, spdlog::level::err, '3'}}};

const LevelRow& row_of(LogLevel level) {
    return levels.at(static_cast<std::size_t>(level));
}

// Runs once, before any thread of ours is started.
bool under_journald() {
    return std::getenv("JOURNAL_STREAM") != nullptr; // NOLINT(concurrency-mt-unsafe)
}

enum class Form : unsigned char { Text, Json, Journal };

// Formats a line and queues it: a reader of standard error that does not read holds up none of our threads.
class QueueSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    explicit QueueSink(bool colour) : queue_(STDERR_FILENO), colour_(colour) {}

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t text;
        formatter_->format(message, text);
        std::string line(text.data(), text.size());
        if (colour_ && message.color_range_end > message.color_range_start) {
            line.insert(message.color_range_end, "\x1b[m");
            line.insert(message.color_range_start, colour_of(message.level));
        }
        queue_.push(std::move(line));
    }
    void flush_() override {}

  private:
    static const char* colour_of(spdlog::level::level_enum level) {
        switch (level) {
        case spdlog::level::warn:
            return "\x1b[33m\x1b[1m"; // bold yellow
        case spdlog::level::err:
            return "\x1b[31m\x1b[1m"; // bold red
        case spdlog::level::info:
            return "\x1b[32m"; // green
        default:
            return "\x1b[36m"; // cyan
        }
    }

    LogQueue queue_;
    bool colour_;
};

// A terminal that shows colours.
bool wants_colour() {
    const char* const terminal = std::getenv("TERM"); // NOLINT(concurrency-mt-unsafe): before any thread
    return ::isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

// Local time with its offset; the journal has a time of its own.
std::string pattern_of(Form form) {
    const std::string time = "%Y-%m-%dT%H:%M:%S.%e%z";
    return form == Form::Text   ? time + " %^%v%$"
           : form == Form::Json ? R"({"time":")" + time + R"(",%v})"
                                : "%v";
}

std::shared_ptr<spdlog::logger> make_logger(Form form) {
    auto logger = std::make_shared<spdlog::logger>(
        "gridbridge", std::make_shared<QueueSink>(form == Form::Text && wants_colour()));
    logger->set_pattern(pattern_of(form));
    spdlog::register_logger(logger);
    return logger;
}

// What stands behind the time.
std::string line_of(Form form, const LevelRow& row, std::string_view component, std::string_view message) {
    const std::string_view name = name_in(log_level_names, row.level);
    std::string line;
    switch (form) {
    case Form::Json:
        return R"("level":)" + json_text(name) + R"(,"component":)" + json_text(component) +
               R"(,"message":)" + json_text(message);
    case Form::Journal:
        line = {'<', row.priority, '>'};
        break;
    case Form::Text:
        line = name;
        line.resize(6, ' ');
        break;
    }
    return line.append(component).append(": ").append(message);
}

} // namespace

std::optional<LogLevel> parse_log_level(std::string_view name) {
    LogLevel level = LogLevel::Info;
    return take_name(log_level_names, name, level).empty() ? std::optional(level) : std::nullopt;
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
