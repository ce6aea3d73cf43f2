// What clients write: service paths and settings. Whatever is not allowed is refused in silence, as on a GX.
#include "mqtt/bridge.hpp"

#include "mqtt/roles.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

std::optional<int> whole_number(const WrittenValue& value, SettingRange range) {
    const auto number = convert(value, SettingType::Int, range);
    return number ? std::optional(std::get<int>(*number)) : std::nullopt;
}

const DeviceSetting& setting_row(std::string_view name) {
    return *std::find_if(device_settings.begin(), device_settings.end(),
                         [&](const DeviceSetting& row) { return row.name == name; });
}

} // namespace

void Bridge::carry_out(const Wish& wish, Clock::time_point now, Messages& out) {
    if (!wish.meter) {
        change_setting(wish, now, out);
        return;
    }
    const auto entry = meters_.find(*wish.meter);
    if (entry != meters_.end()) {
        change_meter(entry->second, wish, now, out);
    }
}

void Bridge::change_meter(Tracked& tracked, const Wish& wish, Clock::time_point now, Messages& out) {
    const Meter& meter = tracked.meter;
    if (wish.path == "CustomName" || (wish.path == "Position" && has_position(meter.role))) {
        change_value({meter.device_id, &setting_row(wish.path)}, wish.value, now, out);
    } else if (wish.path == "Role") {
        const auto* const role = std::get_if<std::string>(&wish.value);
        if (role != nullptr && *role != meter.role && is_allowed(allowed_roles(meter), *role)) {
            const int wanted = settings_.instance_for(meter.device_id, *role, meter.instance);
            change_identity(meter.device_id, *role, wanted, now, out);
        }
    } else if (wish.path == "PhaseConfig") {
        order_phase_config(meter, wish.value);
    } else if (wish.path == "ConfirmCounters") {
        confirm_counters(tracked, wish.value, now, out);
    }
}

// The driver writes the register and tells the new value in its MeterInfo.
void Bridge::order_phase_config(const Meter& meter, const WrittenValue& value) const {
    const auto number = whole_number(value, {0, 4});
    if (!number || !meter.info.phase_config || *number == *meter.info.phase_config ||
        options_.orders == nullptr) {
        return;
    }
    if (!options_.orders->put(meter.source, SetPhaseConfig{*number})) {
        log(LogLevel::Warn, meter, "PhaseConfig not taken: earlier orders are still waiting");
    }
}

void Bridge::confirm_counters(Tracked& tracked, const WrittenValue& value, Clock::time_point now,
                              Messages& out) {
    if (whole_number(value, {0, 1}) != 1 || !tracked.guard.holding()) {
        return;
    }
    log_exchanges(tracked.meter, tracked.guard.confirm());
    tracked.meter.counters_held = false;
    describe(tracked.meter, now, out);
}

void Bridge::change_setting(const Wish& wish, Clock::time_point now, Messages& out) {
    if (wish.path == device_ids_path) {
        if (const auto list = convert(wish.value, SettingType::Text, {})) {
            settings_.set_device_ids(std::get<std::string>(*list));
            say_device_ids(now, out);
        }
        return;
    }
    const auto address = find_setting(settings_, wish.path);
    if (!address) {
        return;
    }
    if (address->row->keeper != SettingKeeper::Identity) {
        change_value(*address, wish.value, now, out);
        return;
    }
    const auto* const text = std::get_if<std::string>(&wish.value);
    const auto asked = text == nullptr ? std::nullopt : parse_class_instance(*text);
    const Tracked* const device = tracked_device(address->device_id);
    const auto roles = device == nullptr ? allowed_roles(address->device_id) : allowed_roles(device->meter);
    const bool same_role = asked && asked->service_class == settings_.find(address->device_id)->service_class;
    if (asked && (same_role || is_allowed(roles, asked->service_class))) {
        change_identity(address->device_id, asked->service_class, asked->instance, now, out);
    }
}

void Bridge::change_value(const SettingAddress& address, const WrittenValue& written, Clock::time_point now,
                          Messages& out) {
    const auto value = convert(written, address.row->type, address.row->range);
    if (!value || address.row->keeper == SettingKeeper::Meter ||
        *value == setting_value(settings_, address.device_id, *address.row)) {
        return;
    }
    if (address.row->keeper == SettingKeeper::PhaseUse) {
        change_phase_use(address, std::get<int>(*value), now, out);
        return;
    }
    if (address.row->keeper == SettingKeeper::Estimate) {
        change_estimate(address, std::get<double>(*value));
    } else {
        settings_.write(address.device_id, std::string(address.row->name), *value);
    }
    say_settings(address.device_id, now, out);
    if (Tracked* const device = tracked_device(address.device_id)) {
        Meter& meter = device->meter;
        meter.name =
            std::get<std::string>(setting_value(settings_, meter.device_id, setting_row("CustomName")));
        meter.position = std::get<int>(setting_value(settings_, meter.device_id, setting_row("Position")));
        describe(meter, now, out);
    }
}

// The two uses exclude each other: switching one on switches the other off (dbus-cgwacs).
void Bridge::change_phase_use(const SettingAddress& address, int value, Clock::time_point now,
                              Messages& out) {
    const bool is_second = is_second_service(address.device_id);
    const std::string main = is_second ? main_service_of(address.device_id) : address.device_id;
    const std::string second = second_service_of(main);
    const Settings::Device* const device = settings_.find(main);
    if (device == nullptr || !device->supports_multiphase) {
        return;
    }
    settings_.write(address.device_id, std::string(address.row->name), value);
    if (value != 0 && is_second) {
        settings_.write(main, "IsMultiphase", 0);
    } else if (value != 0) {
        settings_.write(second, "Enabled", 0);
    }
    say_settings(main, now, out);
    say_settings(second, now, out);
    const auto mode = phase_mode_of(settings_, main);
    if (mode && options_.orders != nullptr) {
        options_.orders->set_phase_mode(main, *mode);
    }
    Tracked* const left = tracked_device(second);
    if (left != nullptr && is_switched_off(left->meter)) {
        vanish(left->meter, out);
    }
}

void Bridge::change_estimate(const SettingAddress& address, double kwh) {
    Tracked* const device = tracked_device(address.device_id);
    const bool counting = device != nullptr && device->estimate;
    auto phases = settings_.reverse_kwh(address.device_id);
    phases = counting ? device->estimate->phase_kwh().value_or(phases) : phases;
    phases.at(static_cast<std::size_t>(address.row->name[1] - '1')) = kwh;
    settings_.set_reverse_kwh(address.device_id, phases);
    if (counting) {
        device->estimate.emplace(phases);
    }
}

void Bridge::change_identity(const std::string& device_id, const std::string& service_class, int wanted,
                             Clock::time_point now, Messages& out) {
    const int instance = settings_.move_instance(device_id, service_class, wanted);
    settings_.set_class(device_id, service_class, true);
    say_settings(device_id, now, out);
    if (Tracked* const device = tracked_device(device_id)) {
        rename(device->meter, service_class, instance, now, out);
    }
}

// The service leaves under its old name and comes back under the new one.
void Bridge::rename(Meter& meter, const std::string& role, int instance, Clock::time_point now,
                    Messages& out) {
    if (meter.role == role && meter.instance == instance) {
        return;
    }
    const bool live = meter.life == MeterLife::Live;
    if (live || meter.life == MeterLife::Lost) {
        for (const auto& outlet : outlets_) {
            outlet->gone(meter, out);
        }
        meter.life = live ? MeterLife::Live : MeterLife::Gone;
    }
    meter.role = role;
    meter.instance = instance;
    ++meter.info_version;
    if (live) {
        for (const auto& outlet : outlets_) {
            outlet->reading(meter, now, out);
        }
    }
    log(LogLevel::Info, meter,
        "is " + role + "/" + std::to_string(instance) + " from now on, as a client asked");
}

void Bridge::describe(const Meter& meter, Clock::time_point now, Messages& out) const {
    if (meter.life != MeterLife::Live && meter.life != MeterLife::Lost) {
        return;
    }
    for (const auto& outlet : outlets_) {
        outlet->described(meter, now, out);
    }
}

Bridge::Tracked* Bridge::tracked_device(const std::string& device_id) {
    for (auto& [source, tracked] : meters_) {
        if (tracked.meter.device_id == device_id) {
            return &tracked;
        }
    }
    return nullptr;
}

} // namespace gridbridge
