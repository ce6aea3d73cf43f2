#include "app/log/log_ring.hpp"

#include "drivers/text/choice.hpp"
#include "mqtt/outlet/payload.hpp"

#include <utility>

namespace gridbridge {

void LogRing::add(LogLevel level, std::string_view component, std::string_view text) {
    LogLine line{std::chrono::system_clock::now(), level, std::string(component),
                 std::string(text.substr(0, longest_text))};
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
        const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(line.time.time_since_epoch());
        text += text.size() > 1 ? ",\n" : "";
        text += R"({"time":)" + std::to_string(time.count()) + R"(,"level":)" +
                json_text(name_in(log_level_names, line.level)) + R"(,"component":)" +
                json_text(line.component) + R"(,"text":)" + json_text(line.text) + "}";
    }
    return text + "]\n";
}

Log with_ring(Log log, std::shared_ptr<LogRing> ring) {
    return [log = std::move(log), ring = std::move(ring)](LogLevel level, std::string_view component,
                                                          std::string_view text) {
        log(level, component, text);
        if (level >= LogLevel::Info) {
            ring->add(level, component, text);
        }
    };
}

} // namespace gridbridge
