// How often readings of a meter come.
#pragma once

#include "drivers/waist/clock.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

namespace gridbridge {

// Median of the last five intervals: one lost telegram must not double it, nor may one that comes twice make
// it unknown. Pure.
class IntervalMeter {
  public:
    void arrived(Clock::time_point received);
    // The link was interrupted: the next interval does not count.
    void interrupt() { last_.reset(); }

    // Known from the third interval on; nothing for a stream that comes faster than any meter (a file).
    std::optional<Clock::duration> interval() const;
    // The same; before it is known the longest so far, from the first on.
    std::optional<Clock::duration> likely_interval() const { return paced_ ? paced_ : longest_; }
    // The same, however fast: the pace of a meter that is polled.
    std::optional<Clock::duration> polled_interval() const { return median_; }
    // The same, in whole seconds, at least 1 s. Changes only when the meter's pace does.
    std::optional<std::chrono::milliseconds> rounded() const { return rounded_; }

  private:
    static constexpr std::size_t window = 5;
    void find_median();
    void round();

    std::optional<Clock::time_point> last_;
    std::array<Clock::duration, window> intervals_{};
    std::size_t count_ = 0;
    std::optional<Clock::duration> median_;
    std::optional<Clock::duration> paced_;   // interval()
    std::optional<Clock::duration> longest_; // until that is known
    std::optional<std::chrono::milliseconds> rounded_;
};

} // namespace gridbridge
