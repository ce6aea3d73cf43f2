#include "mqtt/homeassistant/homeassistant_names.hpp"

#include "drivers/text/fnv.hpp"
#include "drivers/text/label.hpp"
#include "drivers/text/text.hpp"
#include "mqtt/outlet/payload.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>

namespace gridbridge {
namespace {

bool is_id_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

struct FlowWords {
    std::string_view role, forward, reverse;
};
constexpr std::array<FlowWords, 3> directions{{{"grid", "import", "export"},
                                               {"pvinverter", "produced", "consumed"},
                                               {"genset", "produced", "consumed"}}};
constexpr FlowWords load{"", "consumed", "returned"};

} // namespace

std::string discovery_id(std::string_view serial) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string id = "gridbridge_";
    auto hash = fnv1a<std::uint32_t>(serial);
    bool changed = false;
    for (const char c : serial) {
        changed = changed || !is_id_character(c);
        id += is_id_character(c) ? c : '_';
    }
    id += changed ? "-" : "";
    for (int i = 0; changed && i < 8; ++i, hash >>= 4U) {
        id += digits[hash & 15U];
    }
    return id;
}

std::string discovery_id(const MeterInfo& info) {
    return discovery_id(info.former_serial.empty() ? info.serial : info.former_serial);
}

std::vector<std::string> spellings_of(const std::string& serial) {
    std::vector<std::string> spellings{serial};
    if (std::string former = label_of_text(serial).former; !former.empty()) {
        spellings.push_back(std::move(former));
    }
    return spellings;
}

std::string bridge_discovery_id(const std::string& portal_id) {
    return discovery_id("bridge_" + portal_id);
}

std::string default_entity_id(std::string_view platform, std::string_view unique_id) {
    std::string id = lower_case(unique_id);
    std::replace(id.begin(), id.end(), '-', '_');
    return std::string(platform) + "." + id;
}

std::string entity_name(const EntityRow& row, std::string_view role) {
    const auto* const known = std::find_if(directions.begin(), directions.end(),
                                           [&](const FlowWords& entry) { return entry.role == role; });
    const FlowWords& direction = known == directions.end() ? load : *known;
    std::string name(row.name);
    for (const auto& [word, other] :
         {std::pair<std::string_view, std::string_view>("import", direction.forward),
          std::pair<std::string_view, std::string_view>("export", direction.reverse)}) {
        if (const auto at = name.find(word); at != std::string::npos) {
            name.replace(at, word.size(), other);
        }
    }
    return name;
}

std::string choice_template(const EntityRow& row) {
    std::string names;
    int value = row.first_option;
    for (const std::string_view option : row.options) {
        names += (names.empty() ? "" : ", ") + std::to_string(value++) + ": '" + std::string(option) + "'";
    }
    const std::string member(quantity_table.at(index_of(row.quantity)).name);
    return "{{ {" + names + "}.get(value_json." + member + " | default(none)) }}";
}

std::string value_template(std::string_view member) {
    return "{{ value_json." + std::string(member) + " | default(none) }}";
}

// A quoted text of JSON is one of Jinja too.
std::string finding_template(const std::string& meter) {
    return "{{ none if value_json is not defined else 1 if value_json | selectattr('meter', 'eq', " +
           json_text(meter) + ") | rejectattr('severity', 'eq', 'info') | list else 0 }}";
}

std::string finding_attributes_template(const std::string& meter) {
    return "{{ {'findings': value_json | default([]) | selectattr('meter', 'eq', " + json_text(meter) +
           ") | list} | tojson }}";
}

std::string_view volume_class(std::string_view product_name) {
    const std::string name = lower_case(product_name);
    for (const std::string_view medium : {"gas", "water"}) {
        if (name.find(medium) != std::string::npos) {
            return medium;
        }
    }
    return "volume";
}

bool repeats_name(std::string_view entity_name, std::string_view device_name) {
    return lower_case(entity_name).starts_with(lower_case(device_name));
}

} // namespace gridbridge
