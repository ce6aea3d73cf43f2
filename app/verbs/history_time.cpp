#include "app/verbs/history_time.hpp"

#include "drivers/text/number.hpp"
#include "mqtt/history/history_query.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <ctime>

namespace gridbridge {
namespace {

// The number at `from` and so many digits, when all are digits.
std::optional<int> digits(std::string_view text, std::size_t from, std::size_t count) {
    const std::string_view part = text.substr(from, count);
    const auto number = parse_integer(part);
    const bool is_plain = part.size() == count && part.front() >= '0' && part.front() <= '9';
    return number && is_plain ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

// "14:05" or "14:05:30" as hours, minutes, seconds.
std::optional<std::array<int, 3>> parse_clock(std::string_view text) {
    constexpr std::size_t short_form = 5;
    constexpr std::size_t long_form = 8;
    if (text.size() != short_form && text.size() != long_form) {
        return std::nullopt;
    }
    const auto hour = digits(text, 0, 2);
    const auto minute = digits(text, 3, 2);
    const auto second = text.size() == long_form ? digits(text, 6, 2) : std::optional(0);
    const bool has_colons = text[2] == ':' && (text.size() == short_form || text[short_form] == ':');
    if (!has_colons || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) {
        return std::nullopt;
    }
    return std::array{*hour, *minute, *second};
}

} // namespace

std::optional<std::int64_t> parse_history_time(std::string_view text, std::int64_t now, bool at_end) {
    if (const auto before = parse_time_before(text, now)) {
        return before;
    }
    constexpr std::size_t date_size = 10;
    if (text.size() < date_size || text[4] != '-' || text[7] != '-') {
        return std::nullopt;
    }
    const auto year = digits(text, 0, 4);
    const auto month = digits(text, 5, 2);
    const auto day = digits(text, 8, 2);
    if (!year || !month || !day ||
        !std::chrono::year_month_day(std::chrono::year(*year),
                                     std::chrono::month(static_cast<unsigned>(*month)),
                                     std::chrono::day(static_cast<unsigned>(*day)))
             .ok()) {
        return std::nullopt;
    }
    std::array<int, 3> clock{};
    const bool is_date = text.size() == date_size;
    if (!is_date) {
        const auto given = text[date_size] == 'T' || text[date_size] == ' '
                               ? parse_clock(text.substr(date_size + 1))
                               : std::nullopt;
        if (!given) {
            return std::nullopt;
        }
        clock = *given;
    }
    constexpr int first_year = 1900;
    std::tm local{};
    local.tm_year = *year - first_year;
    local.tm_mon = *month - 1;
    local.tm_mday = *day + (is_date && at_end ? 1 : 0);
    local.tm_hour = clock[0];
    local.tm_min = clock[1];
    local.tm_sec = clock[2];
    local.tm_isdst = -1;
    const std::time_t time = std::mktime(&local);
    return time < 0 ? std::nullopt : std::optional<std::int64_t>(time);
}

} // namespace gridbridge
