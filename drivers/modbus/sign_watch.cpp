#include "drivers/modbus/sign_watch.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace gridbridge {
namespace {

using enum Quantity;

constexpr std::array powers{Power, PowerL1, PowerL2, PowerL3};
constexpr auto once_in = std::chrono::seconds(10);
constexpr double clear_export = -20; // W
constexpr double same = 0.05;

} // namespace

void SignWatch::restart() {
    last_.reset();
    verified_at_.reset();
}

bool SignWatch::is_doubtful(const Reading& reading, Clock::time_point now) const {
    if (!last_ || (verified_at_ && now - *verified_at_ < once_in)) {
        return false;
    }
    bool exported = false;
    bool exports = false;
    bool lost_sign = false;
    for (const Quantity power : powers) {
        const double before = last_->get(power).value_or(0);
        const double after = reading.get(power).value_or(0);
        exported = exported || (before < clear_export && reading.has(power));
        exports = exports || after < 0;
        lost_sign = lost_sign || (before < clear_export && std::abs(after + before) < same * -before);
    }
    return lost_sign || (exported && !exports);
}

} // namespace gridbridge
