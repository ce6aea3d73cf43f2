// Ages of values of many meters, matched by a power value that no two answers share.
#pragma once

#include "tests/bench/latency.hpp"

#include <cstddef>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace gridbridge::bench {

// Any thread.
class ValueAges {
  public:
    long next_watts(); // a value not used before
    // Right before the write that contains the last byte: what is measured includes that write.
    void sent(long watts);
    void received(double watts, Clock::time_point at);

    // Milliseconds, sorted, since the last call.
    std::vector<double> take();

  private:
    std::mutex mutex_;
    long watts_ = 1000;
    std::unordered_map<long, Clock::time_point> under_way_;
    std::vector<double> ages_;
};

} // namespace gridbridge::bench
