// Name lookup that can be given up.
#pragma once

#include "drivers/reading.hpp"

#include <stop_token>
#include <string>
#include <vector>

namespace gridbridge {

// Numeric addresses of `host`; none when the lookup failed, the deadline passed or stop was requested. A
// numeric address comes back as it is. Any thread.
std::vector<std::string> resolve_host(const std::string& host, Clock::time_point deadline,
                                      const std::stop_token& stop);

} // namespace gridbridge
