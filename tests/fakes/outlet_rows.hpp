// Outlets for a bridge under test.
#pragma once

#include "mqtt/outlet/outlet.hpp"

#include <memory>
#include <string>

namespace gridbridge {

// Made of copies of what is given; what must be shared is given as std::ref().
template <typename Made, typename... Given>
OutletRow outlet_row(Given... given) {
    return {"outlet", [=] { return std::make_unique<Made>(given...); }};
}

} // namespace gridbridge
