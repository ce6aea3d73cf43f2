#include "drivers/values/unchecked_values.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string_view>

namespace gridbridge {
namespace {

constexpr double noise = 1e-6;

struct Step {
    std::string_view unit;
    double most; // in one step; of a counter: in an hour
};
constexpr std::array gauge_steps{Step{"V", 60}, Step{"Hz", 5}};
constexpr std::array counter_steps{Step{"m3", 100}, Step{"kWh", 1000}}; // gas, water and heat
constexpr double most_events = 100;

std::optional<double> step_of(std::span<const Step> steps, std::string_view unit) {
    const auto found =
        std::find_if(steps.begin(), steps.end(), [&](const Step& step) { return step.unit == unit; });
    return found == steps.end() ? std::nullopt : std::optional(found->most);
}

double hours(Clock::duration time) {
    const auto bounded = std::clamp<Clock::duration>(time, Clock::duration{}, ConnectionBound::longest);
    return std::chrono::duration<double, std::ratio<3600>>(bounded).count();
}

// What flows through a connection at most, in the unit; nothing: it is no flow.
std::optional<double> most_carried(std::string_view unit, const ConnectionBound& connection) {
    if (unit == "W" || unit == "VA" || unit == "var") {
        return connection.watts();
    }
    return unit == "A" ? std::optional(connection.watts() / ConnectionBound::volts) : std::nullopt;
}

double most_of_counter(const QuantityRow& row, Clock::duration time, const ConnectionBound& connection) {
    if (is_electric_energy(row)) {
        return connection.kwh(time);
    }
    const auto an_hour = step_of(counter_steps, row.unit);
    return an_hour ? *an_hour * hours(time) : most_events;
}

} // namespace

std::uint64_t UncheckedValues::apply(Reading& reading, bool has_checksum) {
    connection_.take(reading);
    std::uint64_t taken_out = 0;
    for (const QuantityRow& row : quantity_table) {
        const auto value = reading.get(row.quantity);
        if (!value) {
            continue;
        }
        History& history = history_of(row.quantity);
        const Seen now{*value, reading.received};
        if (has_checksum || follows(row, history.accepted, now) || follows(row, history.before, now)) {
            history.accepted = now;
        } else {
            reading.clear(row.quantity);
            ++taken_out;
        }
        history.before = now;
    }
    return taken_out;
}

UncheckedValues::History& UncheckedValues::history_of(Quantity quantity) {
    auto at =
        std::lower_bound(history_.begin(), history_.end(), quantity, [](const auto& entry, Quantity wanted) {
            return index_of(entry.first) < index_of(wanted);
        });
    if (at == history_.end() || at->first != quantity) {
        at = history_.insert(at, {quantity, {}});
    }
    return at->second;
}

bool UncheckedValues::follows(const QuantityRow& row, const std::optional<Seen>& earlier,
                              const Seen& now) const {
    const auto carried = most_carried(row.unit, connection_);
    const auto moves_by = carried ? carried : step_of(gauge_steps, row.unit);
    const bool is_counter = row.kind == QuantityKind::Counter;
    if ((!is_counter && !moves_by) || (carried && std::abs(now.value) <= *carried)) {
        return true; // also: a factor, a state
    }
    if (!earlier || (carried && std::abs(earlier->value) <= *carried)) {
        return false;
    }
    const double step = now.value - earlier->value;
    if (!is_counter) {
        return std::abs(step) <= *moves_by;
    }
    const double most = most_of_counter(row, now.at - earlier->at, connection_);
    return step >= -noise && step <= most + counter_step(earlier->value, connection_.ratio()) + noise;
}

} // namespace gridbridge
