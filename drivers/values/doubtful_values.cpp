#include "drivers/values/doubtful_values.hpp"

#include "drivers/values/gauge_steps.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace gridbridge {
namespace {

constexpr double rounding = 1e-6;

struct Step {
    std::string_view unit;
    double most; // in an hour
};
constexpr std::array counter_steps{Step{"m3", 100}, Step{"kWh", 1000}}; // gas, water and heat
constexpr double most_events = 100;

double most_of_counter(const QuantityRow& row, Clock::duration time, const ConnectionBound& connection) {
    if (is_electric_energy(row)) {
        return connection.kwh(time);
    }
    const auto step = std::find_if(counter_steps.begin(), counter_steps.end(),
                                   [&](const Step& known) { return known.unit == row.unit; });
    return step != counter_steps.end() ? step->most * ConnectionBound::hours(time) : most_events;
}

} // namespace

std::uint64_t DoubtfulValues::apply(Reading& reading, bool has_checksum) {
    connection_.take(reading);
    std::uint64_t taken_out = 0;
    for (const QuantityRow& row : quantity_table) {
        const auto value = reading.get(row.quantity);
        if (!value) {
            continue;
        }
        History& history = history_of(row.quantity);
        const Seen now{*value, reading.received};
        const bool is_believed = has_checksum && (row.kind == QuantityKind::Counter || !history.accepted);
        if (is_believed || follows(row, history.accepted, now) || follows(row, history.before, now)) {
            history.accepted = now;
        } else {
            reading.clear(row.quantity);
            ++taken_out;
        }
        history.before = now;
    }
    return taken_out;
}

DoubtfulValues::History& DoubtfulValues::history_of(Quantity quantity) {
    auto at =
        std::lower_bound(history_.begin(), history_.end(), quantity, [](const auto& entry, Quantity wanted) {
            return index_of(entry.first) < index_of(wanted);
        });
    if (at == history_.end() || at->first != quantity) {
        at = history_.insert(at, {quantity, {}});
    }
    return at->second;
}

bool DoubtfulValues::follows(const QuantityRow& row, const std::optional<Seen>& earlier,
                             const Seen& now) const {
    if (row.kind != QuantityKind::Counter) {
        const auto before = earlier ? std::optional(earlier->value) : std::nullopt;
        return gauge_follows(row, before, now.value, connection_.watts());
    }
    if (!earlier) {
        return false;
    }
    const double step = now.value - earlier->value;
    const double most = most_of_counter(row, now.at - earlier->at, connection_);
    return step >= -rounding && step <= most + counter_step(earlier->value, connection_.ratio()) + rounding;
}

} // namespace gridbridge
