#include "drivers/text/utc.hpp"

#include <array>
#include <ctime>

namespace gridbridge {

std::string utc_text(std::int64_t unix_time, const char* format) {
    const auto seconds = static_cast<std::time_t>(unix_time);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

} // namespace gridbridge
