#include "app/log/log_ring.hpp"

#include "drivers/text/choice.hpp"
#include "drivers/text/utc.hpp"
#include "mqtt/outlet/payload.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {

void LogRing::add(LogLine line) {
    line.text.resize(std::min(line.text.size(), longest_text));
    lines_.with([&](std::deque<LogLine>& lines) {
        if (lines.size() == most_lines) {
            lines.pop_front();
        }
        lines.push_back(std::move(line));
    });
}

std::string LogRing::json() const {
    const std::deque<LogLine> lines = lines_.with([](const std::deque<LogLine>& all) { return all; });
    std::string text = "[";
    for (const LogLine& line : lines) {
        text += text.size() > 1 ? ",\n" : "";
        text += R"({"time":)" + std::to_string(line.time) + R"(,"level":)" +
                json_text(name_in(log_level_names, line.level)) + R"(,"component":)" +
                json_text(line.component) + R"(,"text":)" + json_text(line.text) + "}";
    }
    return text + "]\n";
}

std::string LogRing::text() const {
    constexpr std::int64_t ms_per_s = 1000;
    const std::deque<LogLine> lines = lines_.with([](const std::deque<LogLine>& all) { return all; });
    std::string text;
    for (const LogLine& line : lines) {
        text += utc_text(line.time / ms_per_s) + " " + std::string(name_in(log_level_names, line.level)) +
                " " + line.component + ": " + line.text + "\n";
    }
    return text;
}

Log with_ring(Log log, std::shared_ptr<LogRing> ring, std::function<std::int64_t()> utc) {
    return [log = std::move(log), ring = std::move(ring),
            utc = std::move(utc)](LogLevel level, std::string_view component, std::string_view text) {
        log(level, component, text);
        if (level >= LogLevel::Info) {
            ring->add({utc(), level, std::string(component), std::string(text)});
        }
    };
}

} // namespace gridbridge
