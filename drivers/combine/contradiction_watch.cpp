#include "drivers/combine/contradiction_watch.hpp"

#include <algorithm>
#include <cmath>

namespace gridbridge {

void ContradictionWatch::take(const Reading& one, const Reading& other, Clock::time_point now) {
    const auto a = one.get(Quantity::Power);
    const auto b = other.get(Quantity::Power);
    const auto between = one.received - other.received;
    if (!a || !b || between > together || between < -together) {
        return;
    }
    const double most = std::max(least_watts, share * std::max(std::abs(*a), std::abs(*b)));
    if (std::abs(*a - *b) > most) {
        agrees_since_.reset();
        differs_since_ = differs_since_.value_or(now);
        if (!found_ && now - *differs_since_ >= lasting) {
            found_ = std::pair(*a, *b);
        }
        return;
    }
    differs_since_.reset();
    agrees_since_ = agrees_since_.value_or(now);
    if (now - *agrees_since_ >= over) {
        found_.reset();
    }
}

} // namespace gridbridge
