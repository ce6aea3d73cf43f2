// Counts of durations below fixed limits, as Prometheus wants them.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gridbridge {

class LatencyHistogram {
  public:
    // Upper limits, inclusive. 200 and 500 ms are those at which the log warns (ecosystem: 1.1).
    static constexpr std::array<std::chrono::microseconds, 12> limits{
        std::chrono::milliseconds(1),   std::chrono::microseconds(2500), std::chrono::milliseconds(5),
        std::chrono::milliseconds(10),  std::chrono::milliseconds(25),   std::chrono::milliseconds(50),
        std::chrono::milliseconds(100), std::chrono::milliseconds(200),  std::chrono::milliseconds(500),
        std::chrono::seconds(1),        std::chrono::milliseconds(2500), std::chrono::seconds(10)};

    void add(std::chrono::microseconds duration) {
        std::size_t i = 0;
        while (i < limits.size() && duration > limits.at(i)) {
            ++i;
        }
        if (i < limits.size()) {
            ++counts_.at(i);
        }
        ++count_;
        sum_ += duration;
    }
    std::uint64_t count() const { return count_; }
    std::chrono::microseconds sum() const { return sum_; }
    // How many were in `(limits[i - 1], limits[i]]`.
    std::uint64_t within(std::size_t i) const { return counts_.at(i); }

    bool operator==(const LatencyHistogram&) const = default;

  private:
    std::array<std::uint64_t, limits.size()> counts_{};
    std::uint64_t count_ = 0;
    std::chrono::microseconds sum_{0};
};

} // namespace gridbridge
