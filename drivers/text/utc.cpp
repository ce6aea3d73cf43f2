#include "drivers/text/utc.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <ctime>

namespace gridbridge {

std::string utc_text(std::int64_t unix_time, UtcForm form) {
    const auto seconds = static_cast<std::time_t>(unix_time);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    const auto write = [&]() -> std::size_t {
        switch (form) {
        case UtcForm::Compact:
            return std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
        case UtcForm::Date:
            return std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
        default:
            return std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
        }
    };
    return {text.data(), write()};
}

namespace {

// All digits, else -1.
int digits(std::string_view text) {
    int value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') {
            return -1;
        }
        value = value * 10 + (c - '0');
    }
    return text.empty() ? -1 : value;
}

// min east of Greenwich.
std::optional<int> zone_of(std::string_view text) {
    if (text == "Z") {
        return 0;
    }
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') {
        return std::nullopt;
    }
    const int hours = digits(text.substr(1, 2));
    const int minutes = digits(text.substr(4, 2));
    if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59) {
        return std::nullopt;
    }
    return (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

} // namespace

std::optional<std::int64_t> unix_time_of(std::string_view text) {
    constexpr std::string_view form = "0000-00-00T00:00:00";
    constexpr std::array<std::size_t, 5> marks{4, 7, 10, 13, 16};
    if (text.size() <= form.size()) {
        return std::nullopt;
    }
    for (const std::size_t mark : marks) {
        if (text[mark] != form[mark]) {
            return std::nullopt;
        }
    }
    const auto zone = zone_of(text.substr(form.size()));
    const int hour = digits(text.substr(11, 2));
    const int minute = digits(text.substr(14, 2));
    const int second = digits(text.substr(17, 2));
    const std::chrono::year_month_day day{
        std::chrono::year(digits(text.substr(0, 4))),
        std::chrono::month(static_cast<unsigned>(digits(text.substr(5, 2)))),
        std::chrono::day(static_cast<unsigned>(digits(text.substr(8, 2))))};
    if (!zone || !day.ok() || day.year() < std::chrono::year(1970) || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 60) {
        return std::nullopt;
    }
    const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
    const std::int64_t minutes = hour * 60 + minute - *zone;
    return days * 86400 + minutes * 60 + second;
}

} // namespace gridbridge
