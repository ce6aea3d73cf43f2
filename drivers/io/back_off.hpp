// Growing pauses between attempts.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace gridbridge {

// 1, 2, 5, 10, 30 s, then 30 s for ever (ecosystem: a dead unit must not slow the others).
class BackOff {
  public:
    std::chrono::seconds next() {
        const auto pause = steps[step_];
        step_ = std::min(step_ + 1, steps.size() - 1);
        return pause;
    }
    void reset() { step_ = 0; }

  private:
    static constexpr std::array<std::chrono::seconds, 5> steps{
        std::chrono::seconds(1), std::chrono::seconds(2), std::chrono::seconds(5), std::chrono::seconds(10),
        std::chrono::seconds(30)};
    std::size_t step_ = 0;
};

} // namespace gridbridge
