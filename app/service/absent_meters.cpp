#include "app/service/absent_meters.hpp"

namespace gridbridge {

AbsentMeters::AbsentMeters(const std::vector<MeterConfig>& meters) {
    places_.reserve(meters.size());
    for (const MeterConfig& meter : meters) {
        places_.push_back({connection_key(meter), meter.on_lost == OnLost::Exit});
    }
}

bool AbsentMeters::ends_the_program(std::size_t index) {
    absent_.insert(index);
    bool wanted = false;
    for (std::size_t i = 0; i < places_.size(); ++i) {
        if (places_[i].connection == places_.at(index).connection) {
            wanted = wanted || places_[i].ends_the_program;
            if (!absent_.contains(i)) {
                return false;
            }
        }
    }
    return wanted;
}

} // namespace gridbridge
