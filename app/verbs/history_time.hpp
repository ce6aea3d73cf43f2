// Times as people give them to `history`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gridbridge {

inline constexpr std::string_view history_time_forms = "must be as 2026-11-30, 2026-11-30T14:05, -24h or -7d";

// Unix time, s; dates by the local time of this machine. A date alone is its midnight, with `at_end` the
// midnight after it.
std::optional<std::int64_t> parse_history_time(std::string_view text, std::int64_t now, bool at_end);

} // namespace gridbridge
