#include "mqtt/history/minute_bucket.hpp"

#include <algorithm>
#include <cmath>

namespace gridbridge {
namespace {

std::int32_t scaled(double value, int scale) {
    constexpr double largest = 2e9;
    return static_cast<std::int32_t>(std::lround(std::clamp(value * scale, -largest, largest)));
}

} // namespace

std::optional<MinuteRow> MinuteBucket::take(std::int64_t minute, const HistoryValues& values) {
    std::optional<MinuteRow> before;
    if (minute != minute_) {
        before = finish();
        minute_ = minute;
    }
    bool is_reading = false;
    for (std::size_t i = 0; i < history_width; ++i) {
        const float value = values[i];
        if (std::isnan(value)) {
            continue;
        }
        Sum& sum = sums_[i];
        sum.min = sum.count == 0 ? value : std::min(sum.min, value);
        sum.max = sum.count == 0 ? value : std::max(sum.max, value);
        sum.sum += static_cast<double>(value);
        ++sum.count;
        is_reading = true;
    }
    readings_ += is_reading ? 1 : 0;
    return before;
}

std::optional<MinuteRow> MinuteBucket::running() const {
    if (readings_ == 0) {
        return std::nullopt;
    }
    MinuteRow row;
    row.time = minute_ * minute_seconds;
    row.readings = readings_;
    for (std::size_t i = 0; i < history_width; ++i) {
        const Sum& sum = sums_[i];
        if (sum.count > 0) {
            const int scale = history_quantities[i].scale;
            const std::int32_t min = scaled(static_cast<double>(sum.min), scale);
            const std::int32_t max = scaled(static_cast<double>(sum.max), scale);
            row.spreads[i] = {std::clamp(scaled(sum.sum / sum.count, scale), min, max), min, max};
        }
    }
    return row;
}

std::optional<MinuteRow> MinuteBucket::finish() {
    const auto row = running();
    readings_ = 0;
    sums_ = {};
    return row;
}

} // namespace gridbridge
