// What is found now, since when, and what of it was said in the log. Pure.
#pragma once

#include "drivers/waist/log.hpp"
#include "mqtt/outlet/finding.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace gridbridge {

// The findings of the newest look. Publisher thread only.
class FindingsBook {
  public:
    explicit FindingsBook(Log log) : log_(std::move(log)) {}

    // All that a look at `now` found. A finding that was there before keeps its `since`; one that is no
    // longer there is forgotten. A new one of Warning or above is said in the log, and that it is over.
    void take(std::vector<Finding> found, Clock::time_point now, std::optional<std::int64_t> unix_ms);

    const std::vector<Finding>& findings() const { return findings_; } // the worst first
    // A moment and the wall clock at it, for findings_json(). It stays the same while the wall clock runs
    // as the steady one, so that the same finding always gives the same text.
    const WallMark& wall() const { return wall_; }

  private:
    // Of several findings with one code about one meter: 0, 1 ...
    using Key = std::tuple<FindingCode, std::string, std::size_t>;
    struct Known {
        Clock::time_point since;
        std::string said; // as in the log; empty: not said
    };
    void log_news(const Finding& finding, Known& known) const;
    void set_wall(Clock::time_point now, std::optional<std::int64_t> unix_ms);

    Log log_;
    std::map<Key, Known> known_;
    std::vector<Finding> findings_;
    WallMark wall_;
};

// Whether people would be told the same: code, meter, severity and text in the same order. Not the evidence,
// whose numbers change all the time.
bool say_the_same(std::span<const Finding> one, std::span<const Finding> other);

// Warning or Error.
bool wants_action(const Finding& finding);

} // namespace gridbridge
