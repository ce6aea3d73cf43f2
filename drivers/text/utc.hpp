// Times as text, in UTC. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace gridbridge {

// `unix_time`: s. `format` as strftime(3) has it, for at most 39 characters.
std::string utc_text(std::int64_t unix_time, const char* format);

} // namespace gridbridge
