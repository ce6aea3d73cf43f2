// From the last byte of a meter to the message in a subscriber's hand, matched by a power value that never
// repeats.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

namespace gridbridge::bench {

using Clock = std::chrono::steady_clock;

// Any thread.
class Latency {
  public:
    long next_watts(); // a value not used before
    // Right before the write that contains the last byte: what is measured includes that write.
    void sent(long watts);
    void received(double watts, Clock::time_point at);
    // The last message of the same update.
    void completed(Clock::time_point at);

    // Milliseconds, sorted.
    struct Times {
        std::vector<double> power;
        std::vector<double> last_message;
    };
    Times take(); // so far; starts anew
    std::size_t count() const;
    // Of any value so far.
    std::optional<Clock::time_point> sent_at(double watts) const;

  private:
    mutable std::mutex mutex_;
    long watts_ = 1000;
    std::map<long, Clock::time_point> under_way_;
    std::map<long, Clock::time_point> sent_;
    std::optional<Clock::time_point> incomplete_since_;
    Times times_;
};

// `share` 0..1 of sorted values.
double quantile(const std::vector<double>& sorted, double share);

} // namespace gridbridge::bench
