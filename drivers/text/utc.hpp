// Times as text, in UTC. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

enum class UtcForm : std::uint8_t {
    Time,    // 2026-11-30T12:34:56Z
    Compact, // 20261130T123456Z, for names of files
    Date     // 2026-11-30
};

// `unix_time`: s.
std::string utc_text(std::int64_t unix_time, UtcForm form = UtcForm::Time);

// s since 1970 of "2026-11-30T12:34:56", with "Z" or "+01:00" behind it; nothing when it is no such time.
std::optional<std::int64_t> unix_time_of(std::string_view text);

} // namespace gridbridge
