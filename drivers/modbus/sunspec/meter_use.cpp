#include "drivers/modbus/sunspec/meter_use.hpp"

#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace gridbridge::sunspec {
namespace {

constexpr std::array option_words{std::pair{std::string_view("export"), MeterUse::Grid},
                                  std::pair{std::string_view("import"), MeterUse::Grid},
                                  std::pair{std::string_view("consumption"), MeterUse::Consumption},
                                  std::pair{std::string_view("production"), MeterUse::Production}};

} // namespace

MeterUse meter_use(std::string_view texts) {
    const std::string text = lower_case(texts);
    const auto* const found = std::find_if(option_words.begin(), option_words.end(), [&](const auto& word) {
        return text.find(word.first) != std::string::npos;
    });
    return found == option_words.end() ? MeterUse::Unknown : found->second;
}

std::optional<std::size_t> grid_meter(std::span<const MeterUse> meters) {
    const auto best = std::min_element(meters.begin(), meters.end());
    if (best == meters.end() || *best == MeterUse::Production) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(best - meters.begin());
}

} // namespace gridbridge::sunspec
