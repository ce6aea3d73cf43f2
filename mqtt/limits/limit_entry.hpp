// What grid operators signal, as clients write it and as the log keeps it. Pure.
#pragma once

#include "drivers/text/choice.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

// Import of a connection may be at most `watts`.
struct Limit {
    double watts = 0;                // 0..1e6
    std::optional<std::int64_t> end; // s since 1970; nothing: until it is lifted
    std::string id;                  // of who has sent it, at most 64 characters
    bool operator==(const Limit&) const = default;
};

enum class LimitEnd : std::uint8_t { Time, Lifted, Replaced };
inline constexpr Names<LimitEnd, 3> limit_end_names{
    {{"time", LimitEnd::Time}, {"lifted", LimitEnd::Lifted}, {"replaced", LimitEnd::Replaced}}};

// One that was written: `{"value":{"power":4200,"end":...,"id":...}}`, the end as ms since 1970 or as
// "2026-12-01T18:00:00Z"; no limit: `{"value":null}`.
struct LimitRequest {
    std::optional<Limit> limit;
    std::string problem; // why it is none, with what to do; empty: it is one
};
LimitRequest parse_limit(std::string_view payload);
// As clients see it; nothing: none is in force.
std::string limit_payload(const std::optional<Limit>& limit);

// What a meter has imported while a limit was in force, of one quarter of an hour or the part of it.
struct ImportedQuarter {
    std::int64_t begin = 0, until = 0;   // s since 1970
    double known_seconds = 0;            // of which the power is known
    std::optional<double> mean, highest; // W; nothing: nothing is known
};

// Objects of the log, for chained_line(). `now`: s since 1970. `number`: of the line with the limit.
std::string limit_object(const std::string& serial, const Limit& limit, std::int64_t now);
std::string quarter_object(const std::string& serial, std::uint64_t number, const Limit& limit,
                           const ImportedQuarter& quarter);
std::string end_object(const std::string& serial, std::uint64_t number, LimitEnd why, std::int64_t now);

// What a line of the log says, as far as a start needs it.
struct LoggedLimit {
    std::uint64_t number = 0;
    std::string serial;
    std::optional<Limit> limit; // nothing: that of this number has ended
};
// Nothing for a line of a quarter, or one that is damaged.
std::optional<LoggedLimit> logged_limit(std::string_view line);

} // namespace gridbridge
