#include "drivers/text/utc.hpp"

#include <array>
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

} // namespace gridbridge
