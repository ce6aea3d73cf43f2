#include "app/service/wall_clock.hpp"

#include <chrono>
#include <ctime>

namespace gridbridge {

std::int64_t unix_milliseconds() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// A machine without a clock of its own starts in 1970, or when its system was made.
std::optional<std::int64_t> wall_clock_if_set() {
    constexpr std::int64_t year_2024 = 1'704'067'200'000;
    const std::int64_t now = unix_milliseconds();
    return now < year_2024 ? std::nullopt : std::optional(now);
}

std::optional<std::int64_t> wall_minus_monotonic() {
    const auto unix_ms = wall_clock_if_set();
    if (!unix_ms) {
        return std::nullopt;
    }
    const std::chrono::nanoseconds wall = std::chrono::milliseconds(*unix_ms);
    const std::chrono::nanoseconds monotonic = SystemClock::now().time_since_epoch();
    return (wall - monotonic).count();
}

long long unix_seconds() {
    constexpr std::int64_t ms = 1000;
    return unix_milliseconds() / ms;
}

std::optional<LocalMoment> local_moment_if_set() {
    const auto unix_ms = wall_clock_if_set();
    return unix_ms ? std::optional(LocalMoment{*unix_ms, wall_time().utc_offset * 60}) : std::nullopt;
}

WallTime wall_time() {
    const auto now = static_cast<std::time_t>(unix_seconds());
    std::tm local{};
    localtime_r(&now, &local);
    return {now, static_cast<int>(local.tm_gmtoff / 60)};
}

} // namespace gridbridge
