#include "mqtt/bridge/carried_state.hpp"

#include "drivers/waist/quantity.hpp"

#include <map>
#include <utility>

namespace gridbridge {
namespace {

std::map<Quantity, double> by_quantity(const Settings::Counters& named) {
    std::map<Quantity, double> counters;
    for (const QuantityRow& row : quantity_table) {
        const auto found = named.find(std::string(row.name));
        if (found != named.end() && row.kind == QuantityKind::Counter) {
            counters[row.quantity] = found->second;
        }
    }
    return counters;
}

Settings::Counters by_name(const std::map<Quantity, double>& counters) {
    Settings::Counters named;
    for (const auto& [quantity, value] : counters) {
        named.emplace(quantity_table.at(index_of(quantity)).name, value);
    }
    return named;
}

} // namespace

CarriedCounters::Kept counters_from(const Settings::Carried& carried, bool is_final) {
    CarriedCounters::Kept kept{by_quantity(carried.values), by_quantity(carried.marks), {}, carried.used, {}};
    for (const QuantityRow& row : quantity_table) {
        if (carried.uncertain.contains(std::string(row.name))) {
            kept.uncertain.insert(row.quantity);
        }
    }
    if (!is_final) {
        kept.may_be_old();
    }
    for (const auto& [whose, counters] : carried.members) {
        kept.members[whose] = by_quantity(counters);
    }
    return kept;
}

Settings::Carried settings_form(const CarriedCounters::Kept& kept) {
    Settings::Carried carried{by_name(kept.values), by_name(kept.marks), {}, kept.used, {}};
    for (const Quantity quantity : kept.uncertain) {
        carried.uncertain.emplace(quantity_table.at(index_of(quantity)).name);
    }
    for (const auto& [whose, counters] : kept.members) {
        carried.members[whose] = by_name(counters);
    }
    return carried;
}

} // namespace gridbridge
