#include "mqtt/homeassistant/homeassistant_state.hpp"

#include "mqtt/homeassistant/homeassistant_table.hpp"
#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/topics.hpp"
#include "mqtt/outlet/venus_table.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

constexpr bool is_name_of_a_quantity(std::string_view name) {
    for (const QuantityRow& row : quantity_table) {
        if (row.name == name) {
            return true;
        }
    }
    return false;
}
static_assert(!is_name_of_a_quantity(state_member::connected) &&
                  !is_name_of_a_quantity(state_member::error_code) &&
                  !is_name_of_a_quantity(state_member::firmware) &&
                  !is_name_of_a_quantity(state_member::source) &&
                  !is_name_of_a_quantity(state_member::role) &&
                  !is_name_of_a_quantity(state_member::custom_name),
              "members of the state have different names");

void add(std::string& json, std::string_view member, const std::string& value) {
    json.append(json.size() > 1 ? "," : "").append("\"").append(member).append("\":").append(value);
}

bool has_name(const EntityRow& row) {
    return row.kind == EntityKind::Flag || row.kind == EntityKind::Choice;
}

} // namespace

std::string state_topic(const std::string& portal_id, const std::string& serial) {
    return meter_topic(portal_id, serial) + "/state";
}

Entities entities_of(const Reading& reading) {
    Entities entities;
    for (std::size_t i = 0; i < quantity_count; ++i) {
        entities[i] = reading.has(static_cast<Quantity>(i));
    }
    return entities;
}

MeterState state_of(const Meter& meter) {
    return {meter.life == MeterLife::Live,
            meter.info.error_code,
            meter.info.firmware,
            meter.role,
            meter.name,
            meter.config.driver == DriverKind::Standby ? std::optional(source_of(meter)) : std::nullopt,
            meter.reading,
            entities_of(meter.reading)};
}

std::string state_json(const MeterState& state) {
    std::string json = "{";
    for (const VenusRow& row : venus_table) {
        if (state.known[index_of(row.quantity)]) {
            add(json, quantity_table.at(index_of(row.quantity)).name,
                row_text(row, state.reading.get(row.quantity)));
        }
    }
    add(json, state_member::connected, state.connected ? "1" : "0");
    add(json, state_member::error_code, std::to_string(state.error_code));
    add(json, state_member::firmware, state.firmware.empty() ? "null" : json_text(state.firmware));
    if (state.source) {
        add(json, state_member::source, state.source->empty() ? "null" : json_text(*state.source));
    }
    add(json, state_member::role, json_text(state.role));
    add(json, state_member::custom_name, json_text(state.name));
    return json + "}";
}

StateNews news_of(const MeterState& state) {
    StateNews news{state.connected,
                   state.error_code,
                   state.firmware,
                   state.role,
                   state.name,
                   state.source,
                   entities_of(state.reading),
                   {}};
    for (const EntityRow& row : entity_table) {
        if (has_name(row)) {
            news.named.push_back(state.reading.get(row.quantity));
        }
    }
    return news;
}

} // namespace gridbridge
