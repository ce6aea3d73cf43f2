#include "mqtt/settings/settings.hpp"

#include "drivers/values/connection_bound.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t most_published = 8;

int after(int instance) {
    return instance == std::numeric_limits<int>::max() ? Settings::first_instance : instance + 1;
}

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

void Settings::set_service_id(std::string id) {
    changed_ = assign(service_id_, std::move(id)) || changed_;
}

void Settings::add_published(const Published& published) {
    if (std::find(published_.begin(), published_.end(), published) != published_.end()) {
        return;
    }
    published_.push_back(published);
    if (published_.size() > most_published) {
        published_.erase(published_.begin());
    }
    changed_ = true;
}

void Settings::forget_published(const Published& published) {
    changed_ = std::erase(published_, published) > 0 || changed_;
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

std::string Settings::holder_of(const std::string& service_class, int instance,
                                const std::string& except) const {
    const auto holder = std::find_if(devices_.begin(), devices_.end(), [&](const auto& entry) {
        const auto found = entry.second.instances.find(service_class);
        return entry.first != except && found != entry.second.instances.end() && found->second == instance;
    });
    return holder == devices_.end() ? std::string() : holder->first;
}

bool Settings::is_promised(const std::string& service_class, int instance) const {
    const auto promised = promised_.find(service_class);
    return promised != promised_.end() && promised->second.contains(instance);
}

bool Settings::is_taken(const std::string& device_id, const std::string& service_class, int instance) const {
    return !holder_of(service_class, instance, device_id).empty();
}

int Settings::offered_instance(const std::string& device_id, const std::string& service_class) const {
    const auto promised = promised_.find(service_class);
    std::set<int> taken = promised == promised_.end() ? std::set<int>() : promised->second;
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
    int instance = wanted.value_or(first_instance);
    while (is_taken(device_id, service_class, instance) || is_promised(service_class, instance)) {
        instance = after(instance);
    }
    return give(device_id, service_class, instance);
}

int Settings::move_instance(const std::string& device_id, const std::string& service_class, int wanted) {
    int instance = wanted;
    while (is_taken(device_id, service_class, instance) ||
           (instance != wanted && is_promised(service_class, instance))) {
        instance = after(instance);
    }
    return give(device_id, service_class, instance);
}

int Settings::give(const std::string& device_id, const std::string& service_class, int instance) {
    auto& instances = devices_[device_id].instances;
    const bool fresh = !instances.contains(service_class);
    changed_ = assign(instances[service_class], instance) || fresh || changed_;
    return instance;
}

PhaseEnergies Settings::reverse_kwh(const std::string& device_id) const {
    const Device* const known = find(device_id);
    return known == nullptr ? PhaseEnergies{} : known->reverse_kwh;
}

void Settings::set_reverse_kwh(const std::string& device_id, const PhaseEnergies& kwh) {
    changed_ = assign(devices_[device_id].reverse_kwh, kwh) || changed_;
}

void Settings::set_counters(const std::string& device_id, std::map<std::string, double> counters) {
    changed_ = assign(devices_[device_id].counters, std::move(counters)) || changed_;
}

void Settings::set_place(const std::string& device_id, const std::string& place) {
    for (auto& [id, device] : devices_) {
        if (id != device_id && device.place == place) {
            changed_ = assign(device.place, std::string()) || changed_;
        }
    }
    changed_ = assign(devices_[device_id].place, place) || changed_;
}

bool Settings::rename(const std::string& from, const std::string& to) {
    if (devices_.contains(to)) {
        return false;
    }
    auto device = devices_.extract(from);
    if (device.empty()) {
        return false;
    }
    device.key() = to;
    devices_.insert(std::move(device));
    changed_ = true;
    return true;
}

void Settings::erase(const std::string& device_id) {
    changed_ = devices_.erase(device_id) != 0 || changed_;
}

void Settings::set_to_withdraw(std::set<std::string> serials) {
    changed_ = assign(to_withdraw_, std::move(serials)) || changed_;
}

void Settings::set_carried(const std::string& device_id, Carried carried) {
    changed_ = assign(devices_[device_id].carried, std::move(carried)) || changed_;
}

void Settings::set_netted(const std::string& device_id, const NettedEnergy::Kept& netted) {
    std::optional<NettedEnergy::Kept> kept(netted);
    kept->is_final = true;
    changed_ = assign(devices_[device_id].netted, kept) || changed_;
}

void Settings::forget_ended() {
    has_ended_ = false;
    for (auto& [device_id, device] : devices_) {
        if (device.netted) {
            device.netted->is_final = false;
        }
    }
}

void Settings::set_demand(const std::string& device_id, const Demand& demand) {
    changed_ = assign(devices_[device_id].demand, demand) || changed_;
}

void Settings::set_energy_ratio(const std::string& device_id, double ratio) {
    Device& device = devices_[device_id];
    const double factor = ratio / device.energy_ratio;
    if (!assign(device.energy_ratio, ratio)) {
        return;
    }
    for (const QuantityRow& row : quantity_table) {
        const auto counter = device.counters.find(std::string(row.name));
        if (counter != device.counters.end() && is_electric_energy(row)) {
            counter->second *= factor;
        }
    }
    for (auto& kwh : device.reverse_kwh) {
        kwh = kwh ? std::optional(*kwh * factor) : kwh;
    }
    if (device.netted) {
        device.netted->scale(factor);
    }
    for (double* const value : {&device.demand.kwh, &device.demand.counter, &device.demand.peak_watts}) {
        *value *= factor;
    }
    changed_ = true;
}

void Settings::set_announced(const std::string& device_id, bool announced) {
    changed_ = assign(devices_[device_id].announced, announced) || changed_;
}

} // namespace gridbridge
