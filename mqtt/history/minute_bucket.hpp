// The minute of a meter that is under way. Pure.
#pragma once

#include "mqtt/history/history_rows.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace gridbridge {

// By the wall clock. Every reading counts once: what is kept is what was published, and a subscriber can
// compute the same.
class MinuteBucket {
  public:
    // `minute`: Unix time / 60. Returns the minute before, when this begins another one.
    std::optional<MinuteRow> take(std::int64_t minute, const HistoryValues& values);
    // As far as it has come; nothing: no reading since the last one was finished.
    std::optional<MinuteRow> running() const;
    // The same, and it begins anew.
    std::optional<MinuteRow> finish();
    std::int64_t minute() const { return minute_; }

  private:
    struct Sum {
        float min = 0;
        float max = 0;
        double sum = 0;
        std::int32_t count = 0;
    };
    std::int64_t minute_ = 0;
    std::int32_t readings_ = 0;
    std::array<Sum, history_width> sums_{};
};

} // namespace gridbridge
