#include "drivers/values/gauge_steps.hpp"

#include "drivers/values/connection_bound.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace gridbridge {
namespace {

// Watts or amperes, by the unit; nothing: it is no flow.
std::optional<double> most_carried(std::string_view unit, double watts) {
    if (unit == "W" || unit == "VA" || unit == "var") {
        return watts;
    }
    return unit == "A" ? std::optional(watts / ConnectionBound::volts) : std::nullopt;
}

std::optional<double> most_moved(std::string_view unit) {
    constexpr double volts = 60;
    constexpr double hertz = 5;
    return unit == "V" ? std::optional(volts) : unit == "Hz" ? std::optional(hertz) : std::nullopt;
}

} // namespace

bool gauge_follows(const QuantityRow& row, std::optional<double> earlier, double now, double watts) {
    if (row.kind == QuantityKind::Counter) {
        return true;
    }
    if (const auto carried = most_carried(row.unit, watts)) {
        const bool was_beyond = earlier && std::abs(*earlier) > *carried;
        return std::abs(now) <= *carried || (was_beyond && std::abs(now - *earlier) <= *carried);
    }
    const auto moved = most_moved(row.unit);
    return !moved || (earlier && std::abs(now - *earlier) <= *moved);
}

bool gauges_follow(const Reading& earlier, const Reading& now, double watts) {
    return std::all_of(quantity_table.begin(), quantity_table.end(), [&](const QuantityRow& row) {
        const auto before = earlier.get(row.quantity);
        const auto value = now.get(row.quantity);
        return !before || !value || *before == *value || gauge_follows(row, before, *value, watts);
    });
}

} // namespace gridbridge
