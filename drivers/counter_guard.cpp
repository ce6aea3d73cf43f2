#include "drivers/counter_guard.hpp"

namespace gridbridge {

bool CounterGuard::check(Quantity quantity, double value, Clock::time_point now,
                         std::vector<Exchange>& exchanged) {
    const auto [mark, first] = marks_.try_emplace(quantity, value);
    if (first || value >= mark->second) {
        mark->second = value;
        held_.erase(quantity);
        return true;
    }
    const auto [entry, fresh] = held_.try_emplace(quantity, Held{value, 0, now});
    Held& held = entry->second;
    if (value < held.value) {
        held = {value, 0, now};
    }
    held.value = value;
    ++held.readings;
    if (held.readings < confirmations || now - held.since < confirmation_time) {
        ++held_back_;
        return false;
    }
    exchanged.push_back({quantity, mark->second, value});
    mark->second = value;
    held_.erase(entry);
    return true;
}

std::vector<CounterGuard::Exchange> CounterGuard::apply(Reading& reading) {
    std::vector<Exchange> exchanged;
    for (const QuantityRow& row : quantity_table) {
        if (row.kind != QuantityKind::Counter) {
            continue;
        }
        const auto value = reading.get(row.quantity);
        if (value && !check(row.quantity, *value, reading.received, exchanged)) {
            reading.clear(row.quantity);
        }
    }
    return exchanged;
}

std::vector<CounterGuard::Exchange> CounterGuard::confirm() {
    std::vector<Exchange> exchanged;
    for (const auto& [quantity, held] : held_) {
        exchanged.push_back({quantity, marks_[quantity], held.value});
        marks_[quantity] = held.value;
    }
    held_.clear();
    return exchanged;
}

} // namespace gridbridge
