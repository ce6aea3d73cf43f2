#include "mqtt/gx/gx_registration.hpp"

#include "drivers/json/json.hpp"
#include "drivers/text/fnv.hpp"
#include "drivers/text/json_bounds.hpp"
#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/phases.hpp"
#include "mqtt/outlet/venus_request.hpp"
#include "mqtt/outlet/venus_table.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace gridbridge {
namespace {

constexpr std::array<GxType, 3> types{
    {{"grid", "My Grid Meter"}, {"pvinverter", "My PV Inverter"}, {"evcharger", "My EV Charger"}}};

enum Taker : unsigned { grid = 1, pvinverter = 2, evcharger = 4 };
constexpr std::array<unsigned, types.size()> taker_of_type{grid, pvinverter, evcharger};

// What the driver keeps in the settings of the GX refuses null: without a value it is left as it is.
enum class Kept : std::uint8_t { No, Yes };

struct Taken {
    Quantity quantity;
    unsigned takers;
    Kept kept = Kept::No;
};

// The writable measurements of each service in services.yml of the driver. A write to any other path is lost
// in silence. What it has a default for must be written too: its defaults are "running" and 0 W.
constexpr std::array taken{std::to_array<Taken>({
    {Quantity::PowerL1, grid | pvinverter | evcharger},
    {Quantity::PowerL2, grid | pvinverter | evcharger},
    {Quantity::PowerL3, grid | pvinverter | evcharger},
    {Quantity::Power, grid | pvinverter | evcharger},
    {Quantity::CurrentL1, grid | pvinverter},
    {Quantity::CurrentL2, grid | pvinverter},
    {Quantity::CurrentL3, grid | pvinverter},
    {Quantity::Current, grid | pvinverter},
    {Quantity::VoltageL1, grid | pvinverter},
    {Quantity::VoltageL2, grid | pvinverter},
    {Quantity::VoltageL3, grid | pvinverter},
    {Quantity::Frequency, grid},
    {Quantity::EnergyForwardL1, grid | pvinverter},
    {Quantity::EnergyForwardL2, grid | pvinverter},
    {Quantity::EnergyForwardL3, grid | pvinverter},
    {Quantity::EnergyForward, grid | pvinverter | evcharger},
    {Quantity::EnergyReverseL1, grid},
    {Quantity::EnergyReverseL2, grid},
    {Quantity::EnergyReverseL3, grid},
    {Quantity::EnergyReverse, grid},
    {Quantity::StatusCode, pvinverter},
    {Quantity::MaxPower, pvinverter, Kept::Yes},
})};

const VenusRow& row_of(Quantity quantity) {
    return *std::find_if(venus_table.begin(), venus_table.end(),
                         [&](const VenusRow& row) { return row.quantity == quantity; });
}

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string hash_of(std::string_view text) {
    auto hash = fnv1a<std::uint32_t>(text);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (int i = 0; i < 8; ++i, hash >>= 4U) {
        hex += digits[hash & 15U];
    }
    return hex;
}

// "W/<portal id>/<type>/<instance>".
std::optional<GxService> service_of(std::string_view topic, const std::string& portal_id) {
    const std::string prefix = "W/" + portal_id + "/";
    if (!topic.starts_with(prefix) || topic.find_first_of("+#") != std::string_view::npos) {
        return std::nullopt;
    }
    const std::string probe = std::string(topic.substr(prefix.size())) + "/x";
    const auto parts = parse_venus_topic(probe);
    if (!parts || parts->path != "x") {
        return std::nullopt;
    }
    return GxService{std::string(parts->type), std::string(topic.substr(2))};
}

// What is no quantity. No meter knows whether a car is connected, nor for how long it has been charged.
void append_further(unsigned taker, const MeterInfo& info, const Reading& shown, GxValues& values) {
    if (taker == evcharger) {
        const auto current = shown.get(Quantity::CurrentL1);
        values.emplace_back("Current", row_payload(row_of(Quantity::CurrentL1), current));
        values.emplace_back("Status", null_payload());
        values.emplace_back("ChargingTime", null_payload());
        values.emplace_back("Model", info.model.empty() ? null_payload() : value_payload(info.model));
    } else {
        values.emplace_back("ErrorCode", value_payload(info.error_code));
    }
}

const std::string* text_member(const Json& object, const char* name) {
    const auto found = object.is_object() ? object.find(name) : object.end();
    return object.is_object() && found != object.end() ? found->get_ptr<const std::string*>() : nullptr;
}

} // namespace

std::string gx_name(std::string_view text) {
    constexpr std::size_t longest = 64; // a D-Bus name, of which this is a part, has 255 at most
    std::string name(text.substr(0, longest));
    std::replace_if(
        name.begin(), name.end(), [](char c) { return !is_name_character(c); }, '_');
    return name == text ? name : name + "_" + hash_of(text);
}

std::string gx_client_id(std::string_view portal_id) {
    return "gridbridge_" + gx_name(portal_id);
}

std::string gx_status_topic(const std::string& client_id) {
    return "device/" + client_id + "/Status";
}

std::string gx_registration(const std::string& client_id, std::string_view version, const std::string& label,
                            const std::string& type) {
    return R"({"clientId":)" + json_text(client_id) + R"(,"connected":1,"version":)" + json_text(version) +
           R"(,"services":{)" + json_text(label) + ":" + json_text(type) + "}}";
}

std::string gx_farewell(const std::string& client_id, std::string_view version) {
    return R"({"clientId":)" + json_text(client_id) + R"(,"connected":0,"version":)" + json_text(version) +
           R"(,"services":{}})";
}

std::optional<GxServices> parse_gx_answer(std::string_view payload) {
    if (!is_within(payload, {})) {
        return std::nullopt;
    }
    const auto json = parse_json(payload);
    const std::string* const portal_id = text_member(json, "portalId");
    const auto topics = json.is_object() ? json.find("topicPath") : json.end();
    if (portal_id == nullptr || portal_id->empty() || portal_id->find('/') != std::string::npos ||
        topics == json.end() || !topics->is_object()) {
        return std::nullopt;
    }
    GxServices services;
    for (const auto& [label, paths] : topics->items()) {
        const std::string* const topic = text_member(paths, "W");
        auto service = topic == nullptr ? std::nullopt : service_of(*topic, *portal_id);
        if (!service) {
            return std::nullopt;
        }
        services.emplace(label, std::move(*service));
    }
    return services;
}

const GxType* find_gx_type(std::string_view type) {
    const auto* const found =
        std::find_if(types.begin(), types.end(), [&](const GxType& known) { return known.type == type; });
    return found == types.end() ? nullptr : found;
}

std::vector<std::string_view> gx_types() {
    std::vector<std::string_view> names;
    std::transform(types.begin(), types.end(), std::back_inserter(names),
                   [](const GxType& known) { return known.type; });
    return names;
}

GxValues gx_values(std::string_view type, const MeterInfo& info, const Reading& reading, bool totals_as_l1) {
    const GxType* const known = find_gx_type(type);
    if (known == nullptr) {
        return {};
    }
    const Reading shown = totals_as_l1 ? totals_on_l1(reading) : reading;
    const unsigned taker = taker_of_type.at(static_cast<std::size_t>(known - types.data()));
    GxValues values;
    for (const Taken& entry : taken) {
        if ((entry.takers & taker) != 0 && (entry.kept == Kept::No || shown.has(entry.quantity))) {
            const VenusRow& row = row_of(entry.quantity);
            values.emplace_back(row.path, row_payload(row, shown.get(entry.quantity)));
        }
    }
    append_further(taker, info, shown, values);
    return values;
}

} // namespace gridbridge
