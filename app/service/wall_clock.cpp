#include "app/service/wall_clock.hpp"

#include <chrono>
#include <ctime>

namespace gridbridge {

std::int64_t unix_milliseconds() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

long long unix_seconds() {
    constexpr std::int64_t ms = 1000;
    return unix_milliseconds() / ms;
}

WallTime wall_time() {
    const auto now = static_cast<std::time_t>(unix_seconds());
    std::tm local{};
    localtime_r(&now, &local);
    return {now, static_cast<int>(local.tm_gmtoff / 60)};
}

} // namespace gridbridge
