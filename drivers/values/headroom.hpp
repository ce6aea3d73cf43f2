// What is left of the main fuse of a connection. Pure.
#pragma once

#include "drivers/waist/reading.hpp"

#include <optional>

namespace gridbridge {

// Of each phase whose current is known, A; negative: above the fuse. Without a current it is unknown, never
// the whole fuse. `fuse`: A per phase, as configured; nothing: no headroom.
void set_headroom(Reading& reading, std::optional<int> fuse);

} // namespace gridbridge
