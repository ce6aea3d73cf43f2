#include "tests/bench/value_ages.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gridbridge::bench {

long ValueAges::next_watts() {
    const std::lock_guard lock(mutex_);
    return ++watts_;
}

void ValueAges::sent(long watts) {
    const std::lock_guard lock(mutex_);
    under_way_[watts] = Clock::now();
}

void ValueAges::received(double watts, Clock::time_point at) {
    const std::lock_guard lock(mutex_);
    const auto found = under_way_.find(std::lround(watts));
    if (found != under_way_.end()) { // else a repetition
        ages_.push_back(std::chrono::duration<double, std::milli>(at - found->second).count());
        under_way_.erase(found);
    }
}

std::vector<double> ValueAges::take() {
    const std::lock_guard lock(mutex_);
    std::sort(ages_.begin(), ages_.end());
    return std::exchange(ages_, {});
}

} // namespace gridbridge::bench
