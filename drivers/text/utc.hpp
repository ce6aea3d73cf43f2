// Times as text, in UTC. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace gridbridge {

enum class UtcForm : std::uint8_t {
    Time,    // 2026-11-30T12:34:56Z
    Compact, // 20261130T123456Z, for names of files
    Date     // 2026-11-30
};

// `unix_time`: s.
std::string utc_text(std::int64_t unix_time, UtcForm form = UtcForm::Time);

} // namespace gridbridge
