#include "mqtt/settings/instance_plan.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace gridbridge {
namespace {

const Settings::Device* seen_at(const std::string& place, const Settings& settings) {
    const auto& devices = settings.devices();
    const auto seen = std::find_if(devices.begin(), devices.end(), [&](const auto& entry) {
        return !place.empty() && entry.second.place == place;
    });
    return seen == devices.end() ? nullptr : &seen->second;
}

} // namespace

void InstancePlan::renew(const Settings& settings) {
    promises_.clear();
    fill(settings);
}

// Numbers of the configuration first: none of them is promised to somebody else.
void InstancePlan::fill(const Settings& settings) {
    for (const bool is_configured : {true, false}) {
        for (std::size_t i = 0; i < meters_.size(); ++i) {
            const bool is_next = meters_[i].instance.has_value() == is_configured && !promises_.contains(i);
            const auto service_class = is_next ? class_to_promise(meters_[i], settings) : std::nullopt;
            if (service_class) {
                promise(i, *service_class, settings);
            }
        }
    }
}

std::optional<std::string> InstancePlan::class_to_promise(const PlannedMeter& meter,
                                                          const Settings& settings) const {
    const Settings::Device* const device = seen_at(meter.place, settings);
    if (device == nullptr) {
        return meter.role;
    }
    const bool keeps_role = device->role_is_written || !meter.role_is_chosen;
    const std::string& role = keeps_role ? device->service_class : meter.role;
    return device->instances.contains(role) ? std::nullopt : std::optional(role);
}

void InstancePlan::promise(std::size_t meter, const std::string& service_class, const Settings& settings) {
    const auto promised = numbers()[service_class];
    int number = meters_[meter].instance.value_or(Settings::first_instance);
    while (promised.contains(number) || !settings.holder_of(service_class, number).empty()) {
        number = number == std::numeric_limits<int>::max() ? Settings::first_instance : number + 1;
    }
    promises_[meter] = {service_class, number};
}

std::optional<ClassInstance> InstancePlan::take(std::size_t meter) {
    const auto promise = promises_.extract(meter);
    return promise.empty() ? std::nullopt : std::optional(promise.mapped());
}

void InstancePlan::given_away(const ClassInstance& number, const Settings& settings) {
    for (auto& [meter, promised] : promises_) {
        if (promised == number) {
            promise(meter, number.service_class, settings);
            return;
        }
    }
}

Settings::Numbers InstancePlan::numbers() const {
    Settings::Numbers numbers;
    for (const auto& [meter, promised] : promises_) {
        numbers[promised.service_class].insert(promised.instance);
    }
    return numbers;
}

} // namespace gridbridge
