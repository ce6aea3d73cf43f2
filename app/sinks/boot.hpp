// Which start of this machine it is.
#pragma once

#include <cstdint>

namespace gridbridge {

// The same until the machine starts again, never 0. Source: boot_id of the kernel, random(4). Any thread.
std::uint64_t this_boot();

} // namespace gridbridge
