#include "mqtt/bridge/client_writes.hpp"

#include "mqtt/outlet/roles.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

std::optional<int> number_within(const WrittenValue& value, SettingRange range) {
    const auto number = convert(value, SettingType::Int, range);
    return number ? std::optional(std::get<int>(*number)) : std::nullopt;
}

const DeviceSetting& setting_row(std::string_view name) {
    return *std::find_if(device_settings.begin(), device_settings.end(),
                         [&](const DeviceSetting& row) { return row.name == name; });
}

} // namespace

ClientWrites::ClientWrites(Settings& settings, KeptState& kept, MeterLives& lives, Orders* orders, Log log)
    : settings_(settings), kept_(kept), lives_(lives), orders_(orders), log_(std::move(log)) {}

void ClientWrites::carry_out(const WriteRequest& request, Clock::time_point now, Messages& out) {
    if (!request.meter) {
        change_setting(request, now, out);
    } else if (Meter* const meter = lives_.find(*request.meter)) {
        change_meter(*meter, request, now, out);
    }
}

void ClientWrites::change_meter(Meter& meter, const WriteRequest& request, Clock::time_point now,
                                Messages& out) {
    if (request.path == "CustomName" || (request.path == "Position" && has_position(meter.role))) {
        change_value({meter.device_id, &setting_row(request.path)}, request.value, now, out);
    } else if (request.path == "Role") {
        const auto* const role = std::get_if<std::string>(&request.value);
        if (role != nullptr && *role != meter.role && is_allowed(allowed_roles(meter), *role)) {
            const int wanted = settings_.instance_for(meter.device_id, *role, meter.instance);
            change_identity(meter.device_id, *role, wanted, now, out);
        }
    } else if (request.path == "PhaseConfig") {
        order_phase_config(meter, request.value);
    } else if (request.path == "ConfirmCounters" && number_within(request.value, {0, 1}) == 1 &&
               kept_.confirm_counters(meter)) {
        lives_.describe(meter, now, out);
    }
}

// The driver writes the register and tells the new value in its MeterInfo.
void ClientWrites::order_phase_config(const Meter& meter, const WrittenValue& value) const {
    const auto number = number_within(value, {0, 4});
    if (!number || !meter.info.phase_config || *number == *meter.info.phase_config || orders_ == nullptr) {
        return;
    }
    if (!orders_->put(meter.source, SetPhaseConfig{*number}) && log_) {
        log_(LogLevel::Warn, meter.info.product_name + " " + meter.info.serial,
             "PhaseConfig not written: earlier requests are still waiting");
    }
}

void ClientWrites::change_setting(const WriteRequest& request, Clock::time_point now, Messages& out) {
    if (request.path == device_ids_path) {
        if (const auto list = convert(request.value, SettingType::Text, {})) {
            settings_.set_device_ids(std::get<std::string>(*list));
            kept_.publish_device_ids(now, out);
        }
        return;
    }
    const auto address = find_setting(settings_, request.path);
    if (!address) {
        return;
    }
    if (address->row->keeper != SettingKeeper::Identity) {
        change_value(*address, request.value, now, out);
        return;
    }
    const auto* const text = std::get_if<std::string>(&request.value);
    const auto asked = text == nullptr ? std::nullopt : parse_class_instance(*text);
    const Meter* const device = lives_.find(address->device_id);
    const auto roles = device == nullptr ? allowed_roles(address->device_id) : allowed_roles(*device);
    const std::string& role = settings_.find(address->device_id)->service_class;
    const bool may_change = asked && is_allowed(roles, role) && is_allowed(roles, asked->service_class);
    if (asked && (asked->service_class == role || may_change)) {
        change_identity(address->device_id, asked->service_class, asked->instance, now, out);
    }
}

void ClientWrites::change_value(const SettingAddress& address, const WrittenValue& written,
                                Clock::time_point now, Messages& out) {
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
        kept_.set_estimate(address, std::get<double>(*value));
    } else {
        settings_.write(address.device_id, std::string(address.row->name), *value);
    }
    kept_.publish_settings(address.device_id, now, out);
    if (Meter* const meter = lives_.find(address.device_id)) {
        meter->name =
            std::get<std::string>(setting_value(settings_, meter->device_id, setting_row("CustomName")));
        meter->position = std::get<int>(setting_value(settings_, meter->device_id, setting_row("Position")));
        lives_.describe(*meter, now, out);
    }
}

// The two uses exclude each other: switching one on switches the other off (dbus-cgwacs).
void ClientWrites::change_phase_use(const SettingAddress& address, int value, Clock::time_point now,
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
    kept_.publish_settings(main, now, out);
    kept_.publish_settings(second, now, out);
    kept_.give_phase_mode(main);
    Meter* const left = lives_.find(second);
    if (left != nullptr && kept_.is_switched_off(*left)) {
        lives_.withdraw(*left, out);
    }
}

void ClientWrites::change_identity(const std::string& device_id, const std::string& service_class, int wanted,
                                   Clock::time_point now, Messages& out) {
    const int instance = settings_.move_instance(device_id, service_class, wanted);
    settings_.set_class(device_id, service_class, true);
    kept_.identities().given_away({service_class, instance});
    kept_.publish_settings(device_id, now, out);
    kept_.publish_second_services(now, out);
    if (Meter* const meter = lives_.find(device_id)) {
        lives_.rename(*meter, service_class, instance, now, out);
    }
    lives_.advise(settings_);
}

} // namespace gridbridge
