#include "mqtt/history/history_rows.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

// Rounded to the nearest, away from zero at the half, as std::llround() does it.
std::int64_t divided(std::int64_t sum, std::int64_t count) {
    return (sum + (sum < 0 ? -count : count) / 2) / count;
}

std::optional<std::int32_t> sum_of(std::optional<std::int32_t> a, std::optional<std::int32_t> b) {
    if (!a || !b) {
        return a ? a : b;
    }
    const std::int64_t sum = std::int64_t{*a} + *b;
    return static_cast<std::int32_t>(
        std::clamp<std::int64_t>(sum, 0, std::numeric_limits<std::int32_t>::max()));
}

} // namespace

MinuteRow merged(const MinuteRow& a, const MinuteRow& b) {
    MinuteRow both = a;
    both.readings = a.readings + b.readings;
    for (std::size_t i = 0; i < history_width; ++i) {
        const Spread& one = a.spreads[i];
        const Spread& other = b.spreads[i];
        if (one.mean == no_value || other.mean == no_value) {
            both.spreads[i] = one.mean == no_value ? other : one;
            continue;
        }
        const std::int64_t sum = std::int64_t{one.mean} * a.readings + std::int64_t{other.mean} * b.readings;
        both.spreads[i] = {static_cast<std::int32_t>(divided(sum, std::max(both.readings, 1))),
                           std::min(one.min, other.min), std::max(one.max, other.max)};
    }
    return both;
}

QuarterRow merged(const QuarterRow& a, const QuarterRow& b) {
    return {a.time, sum_of(a.import_wh, b.import_wh), sum_of(a.export_wh, b.export_wh), true};
}

} // namespace gridbridge
