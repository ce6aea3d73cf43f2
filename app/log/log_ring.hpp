// The newest lines of the log, for the page.
#pragma once

#include "drivers/waist/guarded.hpp"
#include "drivers/waist/log.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace gridbridge {

struct LogLine {
    std::int64_t time = 0; // ms of UTC
    LogLevel level = LogLevel::Info;
    std::string component;
    std::string text;
};

// Any thread.
class LogRing {
  public:
    static constexpr std::size_t most_lines = 500;
    static constexpr std::size_t longest_text = 500; // bytes; the rest is cut off

    void add(LogLine line);
    // A list of `{"time": ms of UTC, "level", "component", "text"}`, oldest first.
    std::string json() const;
    // One line each: time in UTC, level, component and text.
    std::string text() const;

  private:
    Guarded<std::deque<LogLine>> lines_;
};

// Writes to `log`, and what is no debugging to `ring` too.
Log with_ring(Log log, std::shared_ptr<LogRing> ring, std::function<std::int64_t()> utc);

} // namespace gridbridge
