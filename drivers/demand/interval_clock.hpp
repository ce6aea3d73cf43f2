// Where the running interval of a demand stands: by the meter's clock, else by the machine's. Pure.
#pragma once

#include "drivers/waist/reading.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace gridbridge {

// The machine's clock when a reading arrived.
struct LocalMoment {
    std::int64_t unix_ms = 0;
    int utc_offset = 0; // of its time zone then, s
};

struct IntervalMoment {
    Clock::time_point begin{}; // of the running interval
    double elapsed = 0;        // s since then, 0 to the length
    // Intervals that have ended since the moment before; nothing: the first moment, or a clock was set.
    std::optional<int> ended;
    std::optional<int> month;               // 12 x year + month (0..11) in local time; nothing: not known
    std::optional<std::int64_t> unix_begin; // s; nothing: the machine's clock is not set
};

// Intervals are those that divide the hour. The clock may be corrected by up to `tolerance`: the running
// interval is then so much longer or shorter, as it is for the meter. More is a clock that was set.
class IntervalClock {
  public:
    static constexpr double tolerance = 10;              // s
    static constexpr std::chrono::hours clock_memory{1}; // a meter that has sent its time may leave it out

    explicit IntervalClock(std::chrono::minutes length); // 15, 30 or 60

    double length() const { return length_; } // s
    // Nothing: no clock tells.
    std::optional<IntervalMoment> take(const Reading& reading, const std::optional<LocalMoment>& wall);

  private:
    enum class Source : std::uint8_t { None, Meter, Wall };
    struct Place {
        double elapsed = 0;
        Source source = Source::None;
        std::optional<int> month;
    };
    Place place_of(const Reading& reading, const std::optional<LocalMoment>& wall) const;

    double length_;
    Source source_ = Source::None;
    Clock::time_point begin_{};
    Clock::time_point meter_told_{}; // the newest reading with the meter's clock
    std::optional<int> month_;
};

} // namespace gridbridge
