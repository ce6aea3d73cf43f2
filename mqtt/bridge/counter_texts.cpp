#include "mqtt/bridge/counter_texts.hpp"

#include "mqtt/outlet/payload.hpp"

namespace gridbridge {
namespace {

std::string change(const CounterGuard::Exchange& exchange, const std::string& verb) {
    const QuantityRow& row = quantity_table.at(index_of(exchange.quantity));
    return std::string(row.name) + verb + double_text(exchange.before) + " to " +
           double_text(exchange.after) + (row.unit.empty() ? "" : " ") + std::string(row.unit);
}

} // namespace

std::string held_text(const std::vector<CounterGuard::Exchange>& held, double bound_watts) {
    const CounterGuard::Exchange& first = held.front();
    const std::string others = held.size() > 1 ? ", and other counters with it" : "";
    if (first.after > first.before) {
        return change(first, " rose from ") + others + ", more than " +
               double_text(rounded(bound_watts / 1000, 1)) +
               " kW would bring: null until 3 more readings over 3 s confirm it or a 1 is written to "
               "ConfirmCounters; give a connection of more than 100 A per phase its `fuse`";
    }
    const bool electric = is_electric_energy(quantity_table.at(index_of(first.quantity)));
    return change(first, " fell from ") + others + ": null until " +
           (electric ? "it is back, or has moved on from there as the power says over 60 s"
                     : "it is back, or 5 readings over 60 s agree and are not 0") +
           "; if the meter was exchanged or reset, write a 1 to ConfirmCounters";
}

std::string exchange_text(const CounterGuard::Exchange& exchange) {
    const QuantityRow& row = quantity_table.at(index_of(exchange.quantity));
    const std::string what = exchange.after < exchange.before ? "meter exchange: " : "counter confirmed: ";
    return what + std::string(row.name) + " continues at " + double_text(exchange.after) + " " +
           std::string(row.unit) + " instead of " + double_text(exchange.before);
}

} // namespace gridbridge
