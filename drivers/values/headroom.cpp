#include "drivers/values/headroom.hpp"

#include "drivers/waist/phase_quantities.hpp"

#include <cmath>

namespace gridbridge {

void set_headroom(Reading& reading, std::optional<int> fuse) {
    constexpr std::array headroom{Quantity::HeadroomL1, Quantity::HeadroomL2, Quantity::HeadroomL3};
    for (std::size_t i = 0; fuse && i < headroom.size(); ++i) {
        const auto amperes = reading.get(phases_of(Quantity::Current).at(i));
        reading.set(headroom.at(i), amperes ? std::optional(*fuse - std::abs(*amperes)) : std::nullopt);
    }
}

} // namespace gridbridge
