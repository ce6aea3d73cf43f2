// The form of the settings file. Version 1 had neither roles nor written values nor counters.
#include "mqtt/settings/settings.hpp"

#include "drivers/json/json.hpp"
#include "drivers/text/json_bounds.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <limits>

namespace gridbridge {
namespace {

// A device takes about 1 kB and 60 values.
constexpr JsonBounds bounds{std::size_t{1024} * 1024, 16, 100000};
constexpr double largest_counter = 1e9;

std::string text_of(const Json& value) {
    return value.is_string() ? value.get<std::string>() : std::string();
}

bool flag_of(const Json& value) {
    return value.is_boolean() && value.get<bool>();
}

std::optional<int> int_of(const Json& value) {
    if (!value.is_number_integer()) {
        return std::nullopt;
    }
    const auto number = value.get<long long>();
    const bool fits = number >= std::numeric_limits<int>::min() && number <= std::numeric_limits<int>::max();
    return fits ? std::optional(static_cast<int>(number)) : std::nullopt;
}

std::optional<SettingValue> setting_of(const Json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (const auto number = int_of(value)) {
        return *number;
    }
    return value.is_number_float() ? std::optional<SettingValue>(value.get<double>()) : std::nullopt;
}

Json json_of(const SettingValue& value) {
    return std::visit([](const auto& content) { return Json(content); }, value);
}

// What is left of an object without the members that are known here.
std::string unknown_of(Json object, std::initializer_list<const char*> known) {
    for (const char* const name : known) {
        object.erase(name);
    }
    return object.empty() ? std::string() : write_json(object);
}

Json with_unknown(Json object, const std::string& unknown) {
    const Json more = parse_json(unknown);
    if (more.is_object()) {
        for (const auto& [name, value] : more.items()) {
            object.emplace(name, value);
        }
    }
    return object;
}

// In kWh, m3 and the like: more than any connection counts in its life is damage.
bool is_counter(const Json& value) {
    return value.is_number() && value.get<double>() >= 0 && value.get<double>() <= largest_counter;
}

std::map<std::string, double> counters_from(const Json& object) {
    std::map<std::string, double> counters;
    for (const auto& [name, value] : object.items()) {
        if (is_counter(value)) {
            counters[name] = value.get<double>();
        }
    }
    return counters;
}

struct NettedMember {
    const char* name;
    double NettedEnergy::Kept::*value;
};

constexpr std::array netted_members{
    NettedMember{"forward", &NettedEnergy::Kept::forward},
    NettedMember{"reverse", &NettedEnergy::Kept::reverse},
    NettedMember{"told_forward", &NettedEnergy::Kept::told_forward},
    NettedMember{"told_reverse", &NettedEnergy::Kept::told_reverse},
    NettedMember{"own_forward", &NettedEnergy::Kept::own_forward},
    NettedMember{"own_reverse", &NettedEnergy::Kept::own_reverse},
    NettedMember{"offset", &NettedEnergy::Kept::offset},
    NettedMember{"step", &NettedEnergy::Kept::step},
};

// A difference that has fallen may be below 0.
std::map<std::string, double> differences_from(const Json& object) {
    std::map<std::string, double> values;
    for (const auto& [name, value] : object.items()) {
        if (value.is_number() && std::abs(value.get<double>()) <= largest_counter) {
            values[name] = value.get<double>();
        }
    }
    return values;
}

Settings::Carried carried_from(const Json& object) {
    Settings::Carried carried{
        differences_from(member_of(object, "values")), counters_from(member_of(object, "marks")), {}, {}, {}};
    carried.used = text_of(member_of(object, "used"));
    for (const Json& name : member_of(object, "uncertain")) {
        carried.uncertain.insert(text_of(name));
    }
    for (const auto& [whose, counters] : member_of(object, "members").items()) {
        if (counters.is_object()) {
            carried.members[whose] = counters_from(counters);
        }
    }
    return carried;
}

// One damaged number makes the others worthless.
std::optional<NettedEnergy::Kept> netted_from(const Json& object) {
    NettedEnergy::Kept netted;
    for (const NettedMember& part : netted_members) {
        const Json& value = member_of(object, part.name);
        if (!value.is_number() || std::abs(value.get<double>()) > largest_counter) {
            return std::nullopt;
        }
        netted.*part.value = value.get<double>();
    }
    netted.is_final = !flag_of(member_of(object, "open"));
    return netted;
}

Json json_of(const NettedEnergy::Kept& netted) {
    Json object = Json::object();
    for (const NettedMember& part : netted_members) {
        object[part.name] = netted.*part.value;
    }
    if (!netted.is_final) {
        object["open"] = true;
    }
    return object;
}

Settings::Demand demand_from(const Json& object) {
    const auto number = [&](const char* name, double most) {
        const Json& value = member_of(object, name);
        const double found = value.is_number() ? value.get<double>() : 0;
        return found >= 0 && found <= most ? found : 0; // not so: NaN
    };
    return {static_cast<int>(number("minutes", 60)), static_cast<std::int64_t>(number("begin", 1e12)),
            number("kwh", largest_counter),          number("counter", largest_counter),
            static_cast<int>(number("month", 1e6)),  number("peak_watts", largest_counter)};
}

double ratio_from(const Json& value) {
    constexpr double largest_ratio = 1e6;
    const double ratio = value.is_number() ? value.get<double>() : 0;
    return ratio > 0 && ratio <= largest_ratio ? ratio : 1;
}

// Earlier programs wrote three times 0 for "never counted"; nothing was exported either way.
bool counted_nothing(const PhaseEnergies& phases) {
    return std::all_of(phases.begin(), phases.end(), [](const auto& kwh) { return kwh == 0.0; });
}

// Null stands for a phase that was never counted.
PhaseEnergies estimates_from(const Json& list) {
    PhaseEnergies phases{};
    for (std::size_t i = 0; list.is_array() && i < std::min(phases.size(), list.size()); ++i) {
        if (is_counter(list[i])) {
            phases.at(i) = list[i].get<double>();
        }
    }
    return counted_nothing(phases) ? PhaseEnergies{} : phases;
}

Json json_of(const PhaseEnergies& phases) {
    Json list = Json::array();
    for (const auto& kwh : counted_nothing(phases) ? PhaseEnergies{} : phases) {
        list.push_back(kwh ? Json(*kwh) : Json());
    }
    return list;
}

Settings::Device device_from(const Json& entry) {
    Settings::Device device;
    device.service_class = text_of(member_of(entry, "class"));
    device.role_is_written = flag_of(member_of(entry, "role_is_written"));
    for (const auto& [service_class, number] : member_of(entry, "instances").items()) {
        if (const auto instance = int_of(number); instance && *instance >= 0) {
            device.instances[service_class] = *instance;
        }
    }
    for (const auto& [name, written] : member_of(entry, "written").items()) {
        if (auto value = setting_of(written)) {
            device.written[name] = std::move(*value);
        }
    }
    const Json& meter = member_of(entry, "meter");
    device.supports_multiphase = flag_of(member_of(meter, "supports_multiphase"));
    device.single_phase = flag_of(member_of(meter, "single_phase"));
    device.estimates_export = flag_of(member_of(meter, "estimates_export"));
    device.reverse_kwh = estimates_from(member_of(entry, "reverse_kwh"));
    device.counters = counters_from(member_of(entry, "counters"));
    device.energy_ratio = ratio_from(member_of(entry, "energy_ratio"));
    device.carried = carried_from(member_of(entry, "carried"));
    device.netted = netted_from(member_of(entry, "netted"));
    device.demand = demand_from(member_of(entry, "demand"));
    device.announced = flag_of(member_of(entry, "announced"));
    device.place = text_of(member_of(entry, "place"));
    device.unknown =
        unknown_of(entry, {"class", "role_is_written", "instances", "written", "meter", "reverse_kwh",
                           "counters", "carried", "netted", "demand", "energy_ratio", "announced", "place"});
    return device;
}

Json json_of(const Settings::Demand& demand) {
    return {{"minutes", demand.minutes}, {"begin", demand.begin}, {"kwh", demand.kwh},
            {"counter", demand.counter}, {"month", demand.month}, {"peak_watts", demand.peak_watts}};
}

Json json_of(const Settings::Device& device) {
    Json written = Json::object();
    for (const auto& [name, value] : device.written) {
        written[name] = json_of(value);
    }
    Json entry = with_unknown({{"class", device.service_class},
                               {"role_is_written", device.role_is_written},
                               {"instances", device.instances},
                               {"written", written},
                               {"meter",
                                {{"supports_multiphase", device.supports_multiphase},
                                 {"single_phase", device.single_phase},
                                 {"estimates_export", device.estimates_export}}},
                               {"reverse_kwh", json_of(device.reverse_kwh)},
                               {"counters", device.counters},
                               {"energy_ratio", device.energy_ratio},
                               {"announced", device.announced},
                               {"place", device.place}},
                              device.unknown);
    if (device.carried != Settings::Carried{}) {
        entry["carried"] = {{"values", device.carried.values},
                            {"marks", device.carried.marks},
                            {"members", device.carried.members},
                            {"used", device.carried.used}};
        if (!device.carried.uncertain.empty()) {
            entry["carried"]["uncertain"] = device.carried.uncertain;
        }
    }
    if (device.netted) {
        entry["netted"] = json_of(*device.netted);
    }
    if (device.demand != Settings::Demand{}) {
        entry["demand"] = json_of(device.demand);
    }
    return entry;
}

std::vector<Settings::Published> published_from(const Json& list) {
    std::vector<Settings::Published> published;
    for (std::size_t i = 0; list.is_array() && i < list.size(); ++i) {
        Settings::Published entry{text_of(member_of(list[i], "portal_id")),
                                  text_of(member_of(list[i], "discovery_prefix")),
                                  flag_of(member_of(list[i], "retains_values"))};
        if (!entry.portal_id.empty()) {
            published.push_back(std::move(entry));
        }
    }
    return published;
}

Json json_of(const std::vector<Settings::Published>& published) {
    Json list = Json::array();
    for (const Settings::Published& entry : published) {
        list.push_back({{"portal_id", entry.portal_id},
                        {"discovery_prefix", entry.discovery_prefix},
                        {"retains_values", entry.retains_values}});
    }
    return list;
}

} // namespace

std::optional<Settings> Settings::from_json(std::string_view text) {
    if (!is_within(text, bounds)) {
        return std::nullopt;
    }
    const Json file = parse_json(text);
    const auto version = int_of(member_of(file, "version"));
    if (!version) {
        return std::nullopt;
    }
    const Json& devices = member_of(file, "devices");
    if (file.contains("devices") && !devices.is_object()) {
        return std::nullopt; // broken: taken for empty, everything kept would be overwritten
    }
    Settings settings;
    settings.read_version_ = *version;
    settings.portal_id_ = text_of(member_of(file, "portal_id"));
    settings.service_id_ = text_of(member_of(file, "service_id"));
    for (const Published& entry : published_from(member_of(file, "published"))) {
        settings.add_published(entry);
    }
    settings.changed_ = false;
    settings.has_ended_ = flag_of(member_of(file, "ended"));
    settings.device_ids_ = text_of(member_of(file, "device_ids"));
    for (const auto& [device_id, entry] : devices.items()) {
        if (entry.is_object() && settings.devices_.size() < max_devices) {
            settings.devices_[device_id] = device_from(entry);
        }
    }
    for (const Json& serial : member_of(file, "to_withdraw")) {
        if (serial.is_string()) {
            settings.to_withdraw_.insert(serial.get<std::string>());
        }
    }
    if (!settings.has_ended_) {
        settings.forget_ended();
    }
    settings.unknown_ = unknown_of(file, {"version", "portal_id", "service_id", "published", "device_ids",
                                          "devices", "to_withdraw", "ended"});
    return settings;
}

std::string Settings::json(bool one_line, bool is_end) const {
    Json devices = Json::object();
    for (const auto& [device_id, known] : devices_) {
        devices[device_id] = json_of(known);
    }
    const Json file = with_unknown({{"version", file_version},
                                    {"portal_id", portal_id_},
                                    {"service_id", service_id_},
                                    {"published", json_of(published_)},
                                    {"device_ids", device_ids_},
                                    {"devices", devices},
                                    {"to_withdraw", to_withdraw_},
                                    {"ended", is_end}},
                                   unknown_);
    const std::string text = write_json(file, one_line ? -1 : 2);
    return one_line ? text : text + "\n";
}

} // namespace gridbridge
