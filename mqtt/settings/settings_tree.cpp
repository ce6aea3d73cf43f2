#include "mqtt/settings/settings_tree.hpp"

#include "mqtt/outlet/roles.hpp"
#include "mqtt/outlet/topics.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::string_view devices_branch = "Devices/";

bool belongs(const DeviceSetting& row, const std::string& device_id, const Settings::Device& device) {
    const bool second = is_second_service(device_id);
    switch (row.scope) {
    case SettingScope::Every:
        return true;
    case SettingScope::Electricity:
        return device.service_class != "pulsemeter";
    case SettingScope::CarloGavazzi:
        return is_carlo_gavazzi(device_id) && !second;
    case SettingScope::Estimating:
        return device.estimates_export;
    case SettingScope::Second:
        break;
    }
    return second;
}

SettingValue default_value(const DeviceSetting& row) {
    switch (row.type) {
    case SettingType::Int:
        return 0;
    case SettingType::Float:
        return 0.0;
    case SettingType::Text:
        break;
    }
    return std::string();
}

// The kept value, unless an odd file gave it another type.
SettingValue kept_value(const Settings& settings, const std::string& device_id, const DeviceSetting& row,
                        SettingValue otherwise) {
    auto value = settings.value(device_id, row.name);
    return value && value->index() == otherwise.index() ? std::move(*value) : std::move(otherwise);
}

ClassInstance identity_of(const Settings& settings, const std::string& device_id,
                          const Settings::Device& device) {
    return {device.service_class, settings.offered_instance(device_id, device.service_class)};
}

} // namespace

SettingValue setting_value(const Settings& settings, const std::string& device_id, const DeviceSetting& row) {
    const Settings::Device none;
    const Settings::Device* const found = settings.find(device_id);
    const Settings::Device& device = found == nullptr ? none : *found;
    switch (row.keeper) {
    case SettingKeeper::Identity:
        return identity_of(settings, device_id, device).text();
    case SettingKeeper::Meter:
        return device.supports_multiphase ? 1 : 0;
    case SettingKeeper::Estimate:
        return device.reverse_kwh.at(static_cast<std::size_t>(row.name[1] - '1')).value_or(0.0);
    case SettingKeeper::PhaseUse:
        if (row.scope == SettingScope::CarloGavazzi) {
            return kept_value(settings, device_id, row, device.single_phase ? 0 : 1);
        }
        break;
    case SettingKeeper::Client:
        break;
    }
    return kept_value(settings, device_id, row, default_value(row));
}

std::vector<std::pair<std::string, std::string>> settings_of(const Settings& settings,
                                                             const std::string& device_id) {
    std::vector<std::pair<std::string, std::string>> all;
    const Settings::Device* const device = settings.find(device_id);
    if (device == nullptr || device->service_class.empty()) {
        return all;
    }
    const std::string branch = std::string(devices_branch) + topic_level(device_id) + "/";
    for (const DeviceSetting& row : device_settings) {
        if (belongs(row, device_id, *device)) {
            all.emplace_back(branch + std::string(row.name),
                             setting_payload(setting_value(settings, device_id, row), row.range));
        }
    }
    return all;
}

std::optional<SettingAddress> find_setting(const Settings& settings, std::string_view path) {
    const auto name_at = path.rfind('/');
    if (!path.starts_with(devices_branch) || name_at < devices_branch.size()) {
        return std::nullopt;
    }
    const std::string_view level = path.substr(devices_branch.size(), name_at - devices_branch.size());
    const std::string_view name = path.substr(name_at + 1);
    for (const auto& [device_id, device] : settings.devices()) {
        if (device.service_class.empty() || topic_level(device_id) != level) {
            continue;
        }
        for (const DeviceSetting& row : device_settings) {
            if (row.name == name && belongs(row, device_id, device)) {
                return SettingAddress{device_id, &row};
            }
        }
    }
    return std::nullopt;
}

std::optional<PhaseMode> phase_mode_of(const Settings& settings, const std::string& device_id) {
    const auto multiphase = settings.value(device_id, "IsMultiphase");
    const auto enabled = settings.value(second_service_of(device_id), "Enabled");
    if (!multiphase && !enabled) {
        return std::nullopt;
    }
    const auto is_on = [](const std::optional<SettingValue>& value, bool otherwise) {
        const int* const number = value ? std::get_if<int>(&*value) : nullptr;
        return number == nullptr ? otherwise : *number != 0;
    };
    const bool on_l2 = is_on(enabled, false);
    return PhaseMode{!on_l2 && is_on(multiphase, true), on_l2};
}

std::string second_service_of(const std::string& device_id) {
    return device_id + std::string(second_suffix);
}

std::string main_service_of(const std::string& device_id) {
    return device_id.substr(0, device_id.size() - second_suffix.size());
}

std::string serial_of(const std::string& device_id) {
    return device_id.substr(device_id.find('_') + 1);
}

} // namespace gridbridge
