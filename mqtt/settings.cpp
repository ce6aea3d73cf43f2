#include "mqtt/settings.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using Json = nlohmann::json;

constexpr int file_version = 1;
constexpr int first_instance = 30; // dbus-cgwacs' first number

std::array<double, 3> numbers_from(const Json& list) {
    std::array<double, 3> numbers{};
    for (std::size_t i = 0; list.is_array() && i < numbers.size() && i < list.size(); ++i) {
        numbers.at(i) = list[i].is_number() ? std::max(0.0, list[i].get<double>()) : 0.0;
    }
    return numbers;
}

} // namespace

std::optional<Settings> Settings::from_json(std::string_view text) {
    const Json file = Json::parse(text, nullptr, false);
    if (!file.is_object() || !file.contains("version") || !file["version"].is_number_integer()) {
        return std::nullopt;
    }
    Settings settings;
    if (const auto id = file.find("portal_id"); id != file.end() && id->is_string()) {
        settings.portal_id_ = id->get<std::string>();
    }
    const Json devices = file.value("devices", Json::object());
    for (const auto& [device_id, entry] : devices.items()) {
        if (!entry.is_object()) {
            continue;
        }
        Device& device = settings.devices_[device_id];
        const Json instances = entry.value("instances", Json::object());
        for (const auto& [service_class, number] : instances.items()) {
            if (number.is_number_integer() && number.get<int>() >= 0) {
                device.instances[service_class] = number.get<int>();
            }
        }
        device.reverse_kwh = numbers_from(entry.value("reverse_kwh", Json::array()));
    }
    return settings;
}

std::string Settings::to_json() const {
    Json devices = Json::object();
    for (const auto& [device_id, device] : devices_) {
        devices[device_id] = {{"instances", device.instances}, {"reverse_kwh", device.reverse_kwh}};
    }
    const Json file = {{"version", file_version}, {"portal_id", portal_id_}, {"devices", devices}};
    return file.dump(2) + "\n";
}

void Settings::set_portal_id(std::string id) {
    changed_ = changed_ || id != portal_id_;
    portal_id_ = std::move(id);
}

bool Settings::is_taken(const std::string& service_class, int instance) const {
    return std::any_of(devices_.begin(), devices_.end(), [&](const auto& device) {
        const auto found = device.second.instances.find(service_class);
        return found != device.second.instances.end() && found->second == instance;
    });
}

int Settings::instance_for(const std::string& device_id, const std::string& service_class,
                           std::optional<int> wanted) {
    auto& instances = devices_[device_id].instances;
    if (const auto known = instances.find(service_class); known != instances.end()) {
        return known->second;
    }
    int instance = wanted.value_or(first_instance);
    while (is_taken(service_class, instance)) {
        ++instance;
    }
    instances[service_class] = instance;
    changed_ = true;
    return instance;
}

std::array<double, 3> Settings::reverse_kwh(const std::string& device_id) const {
    const auto found = devices_.find(device_id);
    return found == devices_.end() ? std::array<double, 3>{} : found->second.reverse_kwh;
}

void Settings::set_reverse_kwh(const std::string& device_id, const std::array<double, 3>& kwh) {
    auto& stored = devices_[device_id].reverse_kwh;
    changed_ = changed_ || stored != kwh;
    stored = kwh;
}

} // namespace gridbridge
