// What is asked of the history. Pure.
#pragma once

#include "drivers/text/choice.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

enum class Resolution : std::uint8_t { Recent, Minute, Quarter, Hour, Day };
inline constexpr Names<Resolution, 5> resolution_names{{{"recent", Resolution::Recent},
                                                        {"minute", Resolution::Minute},
                                                        {"quarter", Resolution::Quarter},
                                                        {"hour", Resolution::Hour},
                                                        {"day", Resolution::Day}}};

inline constexpr std::size_t default_points = 1500;
inline constexpr std::size_t most_points = 10'000;

struct HistoryQuery {
    std::string serial;
    Resolution resolution = Resolution::Minute;
    std::int64_t from = 0; // Unix time, s; from <= time < to
    std::int64_t to = 0;
    std::size_t points = default_points; // rows of the answer at most
};

struct ParsedHistoryQuery {
    HistoryQuery query;
    std::string error; // empty: none
};

// "-24h", "-7d", "-30m", "-90s": before `now`.
std::optional<std::int64_t> parse_time_before(std::string_view text, std::int64_t now);

// `meter=SERIAL&resolution=minute&from=1764500000&to=1764586400&points=500`, percent-encoded; times are Unix
// seconds or as above. Without `from` the last 24 hours (recent: 10 minutes), without `to` until `now`.
ParsedHistoryQuery parse_history_query(std::string_view query_string, std::int64_t now);

} // namespace gridbridge
