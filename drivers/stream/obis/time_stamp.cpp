#include "drivers/stream/obis/time_stamp.hpp"

#include "drivers/text/characters.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>

namespace gridbridge {

std::optional<MeterTime> parse_time_stamp(std::string_view text) {
    constexpr std::size_t digits = 12;
    const bool has_season = text.size() == digits + 1;
    if (!has_season && text.size() != digits) {
        return std::nullopt;
    }
    const bool numeric = std::all_of(text.begin(), text.begin() + digits, is_digit);
    if (!numeric || (has_season && text.back() != 'S' && text.back() != 'W')) {
        return std::nullopt;
    }
    std::array<int, digits / 2> part{};
    for (std::size_t i = 0; i < part.size(); ++i) {
        part.at(i) = (text[2 * i] - '0') * 10 + (text[2 * i + 1] - '0');
    }
    const auto [year, month, day, hour, minute, second] = part;
    const std::chrono::year_month_day date(std::chrono::year(2000 + year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day)));
    if (!date.ok() || hour > 23 || minute > 59 || second > 59) {
        return std::nullopt;
    }
    MeterTime time;
    time.local = std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                 std::chrono::seconds(second);
    time.season = has_season ? text.back() : ' ';
    return time;
}

std::string iso_time(const MeterTime& time) {
    const auto day = std::chrono::floor<std::chrono::days>(time.local);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time.local - day);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text.data();
}

int second_of_hour(const MeterTime& time) {
    return static_cast<int>((time.local - std::chrono::floor<std::chrono::hours>(time.local)).count());
}

int month_of(const MeterTime& time) {
    constexpr int months_per_year = 12;
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time.local));
    return months_per_year * static_cast<int>(date.year()) +
           static_cast<int>(static_cast<unsigned>(date.month())) - 1;
}

std::chrono::sys_seconds standard_time(const MeterTime& time) {
    return time.season == 'S' ? time.local - std::chrono::hours(1) : time.local;
}

} // namespace gridbridge
