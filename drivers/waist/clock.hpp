// The one clock of decisions.
#pragma once

#include <chrono>

namespace gridbridge {

using Clock = std::chrono::steady_clock; // gateways boot without a wall clock and jump later

} // namespace gridbridge
