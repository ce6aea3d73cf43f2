#include "mqtt/query_board.hpp"

#include <chrono>
#include <utility>

namespace gridbridge {

// Follows every step of the publisher, so that a loss is seen at once.
void QueryOutlet::tick(Clock::time_point /*now*/, Messages& /*out*/) {
    std::vector<Meter> meters;
    meters.reserve(meters_.size());
    for (const auto& [source, meter] : meters_) {
        meters.push_back(*meter);
    }
    board_.put(std::move(meters));
}

// Counters come without waking the publisher.
Clock::time_point QueryOutlet::next_tick(Clock::time_point now) const {
    return now + std::chrono::seconds(1);
}

void QueryOutlet::leave(Messages& /*out*/) {
    board_.put({});
}

} // namespace gridbridge
