// Does the total power agree with the phases? A wrong wiring or setting shows here; no reason to drop values.
#pragma once

#include "drivers/waist/reading.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace gridbridge {

// Pure. Doubtful from the fifth reading in a row whose phases and total differ by more than 5 % of the total
// and by more than 50 W: phases and total are measured at slightly different times.
class PhaseSumCheck {
  public:
    // `phases`: how many the meter has, where it tells. A reading without all of them counts as agreement.
    void apply(const Reading& reading, std::optional<int> phases);

    bool doubtful() const { return in_a_row_ >= patience; }
    std::uint64_t count() const { return count_; }     // differing readings since start
    Clock::time_point since() const { return since_; } // first of those in a row
    double difference() const { return difference_; }  // W, of the last differing reading

  private:
    static constexpr int patience = 5;
    int in_a_row_ = 0;
    std::uint64_t count_ = 0;
    double difference_ = 0;
    Clock::time_point since_{};
};

} // namespace gridbridge
