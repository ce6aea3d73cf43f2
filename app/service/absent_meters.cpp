#include "app/service/absent_meters.hpp"

namespace gridbridge {

bool AbsentMeters::ends_the_program(std::size_t index) {
    absent_.insert(index);
    bool wanted = false;
    for (std::size_t i = 0; i < meters_.size(); ++i) {
        if (connection_key(meters_[i]) == connection_key(meters_.at(index))) {
            wanted = wanted || meters_[i].on_lost == OnLost::Exit;
            if (!absent_.contains(i)) {
                return false;
            }
        }
    }
    return wanted;
}

} // namespace gridbridge
