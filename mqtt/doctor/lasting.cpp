#include "mqtt/doctor/lasting.hpp"

namespace gridbridge {

void RecentRise::take(std::uint64_t count, std::uint64_t least, Clock::duration within,
                      Clock::time_point now) {
    if (!base_ || count < *base_) {
        base_ = count;
        base_at_ = now;
    }
    if (count - *base_ >= least) {
        rise_ = count - *base_;
        risen_at_ = now;
        base_ = count;
        base_at_ = now;
    } else if (now - base_at_ > within) {
        base_ = count;
        base_at_ = now;
    }
}

} // namespace gridbridge
