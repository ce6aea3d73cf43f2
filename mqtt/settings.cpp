#include "mqtt/settings.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace gridbridge {
namespace {

constexpr int first_instance = 30; // dbus-cgwacs' first number

template <typename T>
bool assign(T& kept, T fresh) {
    const bool differs = kept != fresh;
    kept = std::move(fresh);
    return differs;
}

} // namespace

void Settings::set_portal_id(std::string id) {
    changed_ = assign(portal_id_, std::move(id)) || changed_;
}

void Settings::set_device_ids(std::string list) {
    changed_ = assign(device_ids_, std::move(list)) || changed_;
}

const Settings::Device* Settings::find(const std::string& device_id) const {
    const auto found = devices_.find(device_id);
    return found == devices_.end() ? nullptr : &found->second;
}

std::optional<SettingValue> Settings::value(const std::string& device_id, std::string_view name) const {
    const Device* const known = find(device_id);
    if (known == nullptr) {
        return std::nullopt;
    }
    for (const Values* values : {&known->written, &known->initial}) {
        if (const auto found = values->find(name); found != values->end()) {
            return found->second;
        }
    }
    return std::nullopt;
}

void Settings::write(const std::string& device_id, const std::string& name, SettingValue value) {
    changed_ = assign(devices_[device_id].written[name], std::move(value)) || changed_;
}

void Settings::set_class(const std::string& device_id, const std::string& service_class, bool written) {
    Device& known = devices_[device_id];
    changed_ = assign(known.service_class, service_class) || changed_;
    changed_ = assign(known.role_is_written, known.role_is_written || written) || changed_;
}

int Settings::next_free(const std::string& device_id, const std::string& service_class, int wanted) const {
    const auto is_taken = [&](int instance) {
        return std::any_of(devices_.begin(), devices_.end(), [&](const auto& entry) {
            const auto found = entry.second.instances.find(service_class);
            return entry.first != device_id && found != entry.second.instances.end() &&
                   found->second == instance;
        });
    };
    while (is_taken(wanted)) {
        wanted = wanted == std::numeric_limits<int>::max() ? first_instance : wanted + 1;
    }
    return wanted;
}

int Settings::offered_instance(const std::string& device_id, const std::string& service_class) const {
    std::set<int> taken;
    for (const auto& [id, device] : devices_) {
        if (const auto known = device.instances.find(service_class); known != device.instances.end()) {
            if (id == device_id) {
                return known->second;
            }
            taken.insert(known->second);
        }
    }
    // Those without a number are offered the free ones in turn.
    int offered = first_instance;
    for (const auto& [id, device] : devices_) {
        while (taken.contains(offered)) {
            ++offered;
        }
        if (id == device_id) {
            break;
        }
        if (device.service_class == service_class && !device.instances.contains(service_class)) {
            taken.insert(offered);
        }
    }
    return offered;
}

int Settings::instance_for(const std::string& device_id, const std::string& service_class,
                           std::optional<int> wanted) {
    const auto& instances = devices_[device_id].instances;
    if (const auto known = instances.find(service_class); known != instances.end()) {
        return known->second;
    }
    return move_instance(device_id, service_class, wanted.value_or(first_instance));
}

int Settings::move_instance(const std::string& device_id, const std::string& service_class, int wanted) {
    const int instance = next_free(device_id, service_class, wanted);
    auto& instances = devices_[device_id].instances;
    const bool fresh = !instances.contains(service_class);
    changed_ = assign(instances[service_class], instance) || fresh || changed_;
    return instance;
}

std::array<double, 3> Settings::reverse_kwh(const std::string& device_id) const {
    const Device* const known = find(device_id);
    return known == nullptr ? std::array<double, 3>{} : known->reverse_kwh;
}

void Settings::set_reverse_kwh(const std::string& device_id, const std::array<double, 3>& kwh) {
    changed_ = assign(devices_[device_id].reverse_kwh, kwh) || changed_;
}

void Settings::set_counters(const std::string& device_id, std::map<std::string, double> counters) {
    changed_ = assign(devices_[device_id].counters, std::move(counters)) || changed_;
}

void Settings::set_announced(const std::string& device_id, bool announced) {
    changed_ = assign(devices_[device_id].announced, announced) || changed_;
}

} // namespace gridbridge
