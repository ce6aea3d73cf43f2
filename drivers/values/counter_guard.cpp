#include "drivers/values/counter_guard.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

constexpr double noise = 1e-6; // kWh; sums of phases are no exact decimals

// A coarser value that the mark is within: it says nothing against the mark.
bool contains(double value, double mark, double ratio) {
    const double step = counter_step(value, ratio);
    return value > 0 && step > counter_step(mark, ratio) && mark < value + step;
}

} // namespace

CounterGuard::CounterGuard(const Marks& stored, const CounterLimits& limits) : connection_(limits) {
    for (const auto& [quantity, mark] : stored) {
        counters_[quantity] = {mark, counter_step(mark, limits.ratio)};
    }
}

std::vector<CounterGuard::Exchange> CounterGuard::apply(Reading& reading) {
    std::vector<Exchange> exchanged;
    connection_.take(reading);
    follow_power();
    for (const QuantityRow& row : quantity_table) {
        const auto value = reading.get(row.quantity);
        if (row.kind == QuantityKind::Counter && value) {
            reading.set(row.quantity, judge(row.quantity, *value, reading.received, exchanged));
        }
    }
    return exchanged;
}

void CounterGuard::follow_power() {
    for (auto& [quantity, counter] : counters_) {
        const Flow flow = connection_.flow(quantity);
        counter.explained += flow.explained;
        if (counter.held) {
            counter.held->least += flow.least;
            counter.held->most += flow.most;
        }
    }
}

std::optional<double> CounterGuard::judge(Quantity quantity, double value, Clock::time_point now,
                                          std::vector<Exchange>& exchanged) {
    const bool electric = is_electric_energy(quantity_table.at(index_of(quantity)));
    const auto [entry, is_first] =
        counters_.try_emplace(quantity, Counter{value, counter_step(value, connection_.ratio()), now});
    Counter& counter = entry->second;
    if (is_first) {
        return value;
    }
    if (value < counter.mark - noise) {
        if (electric && contains(value, counter.mark, connection_.ratio())) {
            counter.step = counter_step(value, connection_.ratio());
            counter.last_good = now;
            counter.held.reset();
            return counter.mark;
        }
    } else {
        const auto pause =
            counter.last_good ? std::optional(now - *counter.last_good) : std::optional<Clock::duration>();
        const double rise = std::max(connection_.kwh(pause), counter.explained) + counter.step + noise;
        if (!electric || value <= counter.mark + rise) {
            accept(counter, value, now);
            return counter.mark;
        }
    }
    hold(counter, electric, value, now);
    if (counter.held->value != value || !is_confirmed(counter, electric)) {
        ++held_back_;
        return std::nullopt;
    }
    exchanged.push_back({quantity, counter.mark, value});
    counter = {value, counter.held->step, now};
    return value;
}

void CounterGuard::accept(Counter& counter, double value, Clock::time_point now) const {
    if (value > counter.mark) {
        counter.explained = 0;
        counter.mark = value;
    }
    counter.step = std::min(counter.step, counter_step(value, connection_.ratio()));
    counter.last_good = now;
    counter.held.reset();
}

void CounterGuard::hold(Counter& counter, bool electric, double value, Clock::time_point now) const {
    std::unique_ptr<Held>& held = counter.held;
    const double step = counter_step(value, connection_.ratio());
    if (held && continues(*held, electric, value, now)) {
        held->value = value;
        held->step = std::min(held->step, step);
        held->last = now;
        held->strays = 0;
        ++held->readings;
        return;
    }
    const bool says_nothing = held && value == 0;
    if (!says_nothing && (!held || held->value == 0 || ++held->strays > 1)) {
        held = std::make_unique<Held>(Held{value, value, step, now, now});
    }
}

bool CounterGuard::continues(const Held& held, bool electric, double value, Clock::time_point now) const {
    if (held.value == 0 || value < held.value - noise) {
        return held.value == value;
    }
    return !electric || value <= held.value + connection_.kwh(now - held.last) + held.step + noise;
}

bool CounterGuard::is_confirmed(const Counter& counter, bool electric) {
    const Held& held = *counter.held;
    const auto time = held.last - held.since;
    if (held.strays > 0 || held.value == 0) {
        return false;
    }
    if (held.base > counter.mark) {
        return held.readings >= rise_confirmations && time >= rise_confirmation_time;
    }
    if (held.readings < confirmations || time < confirmation_time || !electric) {
        return held.readings >= confirmations && time >= confirmation_time;
    }
    const double moved = held.value - held.base;
    return moved >= held.step - noise && moved <= 2 * held.most && held.least <= 2 * (moved + held.step);
}

std::vector<CounterGuard::Exchange> CounterGuard::confirm() {
    std::vector<Exchange> exchanged = held();
    for (auto& [quantity, counter] : counters_) {
        if (counter.held) {
            counter = {counter.held->value, counter.held->step, counter.held->last};
        }
    }
    return exchanged;
}

bool CounterGuard::holding() const {
    return std::any_of(counters_.begin(), counters_.end(),
                       [](const auto& entry) { return entry.second.held != nullptr; });
}

std::vector<CounterGuard::Exchange> CounterGuard::held() const {
    std::vector<Exchange> held;
    for (const auto& [quantity, counter] : counters_) {
        if (counter.held) {
            held.push_back({quantity, counter.mark, counter.held->value});
        }
    }
    return held;
}

CounterGuard::Marks CounterGuard::marks() const {
    Marks marks;
    for (const auto& [quantity, counter] : counters_) {
        marks.emplace(quantity, counter.mark);
    }
    return marks;
}

CounterGuard::Marks CounterGuard::standing(const Reading& reading) const {
    Marks marks;
    for (const auto& [quantity, counter] : counters_) {
        if (!reading.has(quantity)) {
            marks.emplace(quantity, counter.mark);
        }
    }
    return marks;
}

} // namespace gridbridge
