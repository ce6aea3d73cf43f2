// Any bytes as a question to the history: an error in words, or a question within its bounds.
#include "mqtt/history/history_query.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gridbridge;
    constexpr std::int64_t now = 1'764'500'400;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto [query, error] = parse_history_query(text, now);
    require(error.size() < 4096);
    if (error.empty()) {
        require(!query.serial.empty() && query.serial.size() <= 128);
        require(query.from >= 0 && query.from < query.to);
        require(query.points >= 1 && query.points <= most_points);
    }
    return 0;
}
