// The form of the settings file. Version 1 had neither roles nor written values nor counters.
#include "mqtt/settings.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <initializer_list>
#include <limits>

namespace gridbridge {
namespace {

using Json = nlohmann::json;

const Json& member(const Json& object, const char* name) {
    static const Json nothing;
    const auto found = object.is_object() ? object.find(name) : object.end();
    return object.is_object() && found != object.end() ? *found : nothing;
}

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
    return object.empty() ? std::string() : object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json with_unknown(Json object, const std::string& unknown) {
    const Json more = Json::parse(unknown, nullptr, false);
    if (more.is_object()) {
        for (const auto& [name, value] : more.items()) {
            object.emplace(name, value);
        }
    }
    return object;
}

std::map<std::string, double> counters_from(const Json& object) {
    std::map<std::string, double> counters;
    for (const auto& [name, value] : object.items()) {
        if (value.is_number()) {
            counters[name] = value.get<double>();
        }
    }
    return counters;
}

Settings::Device device_from(const Json& entry) {
    Settings::Device device;
    device.service_class = text_of(member(entry, "class"));
    device.role_is_written = flag_of(member(entry, "role_is_written"));
    for (const auto& [service_class, number] : member(entry, "instances").items()) {
        if (const auto instance = int_of(number); instance && *instance >= 0) {
            device.instances[service_class] = *instance;
        }
    }
    for (const auto& [name, written] : member(entry, "written").items()) {
        if (auto value = setting_of(written)) {
            device.written[name] = std::move(*value);
        }
    }
    const Json& meter = member(entry, "meter");
    device.supports_multiphase = flag_of(member(meter, "supports_multiphase"));
    device.single_phase = flag_of(member(meter, "single_phase"));
    device.estimates_export = flag_of(member(meter, "estimates_export"));
    const Json& reverse = member(entry, "reverse_kwh");
    for (std::size_t i = 0; reverse.is_array() && i < std::min<std::size_t>(3, reverse.size()); ++i) {
        device.reverse_kwh.at(i) = reverse[i].is_number() ? std::max(0.0, reverse[i].get<double>()) : 0.0;
    }
    device.counters = counters_from(member(entry, "counters"));
    device.announced = flag_of(member(entry, "announced"));
    device.unknown = unknown_of(entry, {"class", "role_is_written", "instances", "written", "meter",
                                        "reverse_kwh", "counters", "announced"});
    return device;
}

Json json_of(const Settings::Device& device) {
    Json written = Json::object();
    for (const auto& [name, value] : device.written) {
        written[name] = json_of(value);
    }
    return with_unknown({{"class", device.service_class},
                         {"role_is_written", device.role_is_written},
                         {"instances", device.instances},
                         {"written", written},
                         {"meter",
                          {{"supports_multiphase", device.supports_multiphase},
                           {"single_phase", device.single_phase},
                           {"estimates_export", device.estimates_export}}},
                         {"reverse_kwh", device.reverse_kwh},
                         {"counters", device.counters},
                         {"announced", device.announced}},
                        device.unknown);
}

} // namespace

std::optional<Settings> Settings::from_json(std::string_view text) {
    const Json file = Json::parse(text, nullptr, false);
    const auto version = int_of(member(file, "version"));
    if (!version) {
        return std::nullopt;
    }
    Settings settings;
    settings.read_version_ = *version;
    settings.portal_id_ = text_of(member(file, "portal_id"));
    settings.device_ids_ = text_of(member(file, "device_ids"));
    const Json& devices = member(file, "devices");
    for (const auto& [device_id, entry] : devices.items()) {
        if (devices.is_object() && entry.is_object()) {
            settings.devices_[device_id] = device_from(entry);
        }
    }
    settings.unknown_ = unknown_of(file, {"version", "portal_id", "device_ids", "devices"});
    return settings;
}

std::string Settings::to_json(bool one_line) const {
    Json devices = Json::object();
    for (const auto& [device_id, known] : devices_) {
        devices[device_id] = json_of(known);
    }
    const Json file = with_unknown({{"version", file_version},
                                    {"portal_id", portal_id_},
                                    {"device_ids", device_ids_},
                                    {"devices", devices}},
                                   unknown_);
    const std::string text = file.dump(one_line ? -1 : 2, ' ', false, Json::error_handler_t::replace);
    return one_line ? text : text + "\n";
}

} // namespace gridbridge
