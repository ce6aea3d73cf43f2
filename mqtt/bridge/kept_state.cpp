#include "mqtt/bridge/kept_state.hpp"

#include "mqtt/outlet/roles.hpp"
#include "mqtt/outlet/topics.hpp"
#include "mqtt/settings/forget_devices.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace gridbridge {
namespace {

std::string device_ids_payload(const Settings& settings) {
    return setting_payload(settings.device_ids(), {});
}

} // namespace

KeptState::KeptState(Settings& settings, OutletSet& outlets, Orders* orders, Log log)
    : settings_(settings), outlets_(outlets), orders_(orders), log_(log), identities_(settings, log),
      energy_(settings, std::move(log)) {}

void KeptState::respell(const MeterInfo& info, Messages& out) {
    const std::string former = info.kind + "_" + info.former_serial;
    const auto paths = info.former_serial.empty() ? std::vector<std::pair<std::string, std::string>>{}
                                                  : settings_of(settings_, former);
    if (info.former_serial.empty() || !settings_.rename(former, info.kind + "_" + info.serial)) {
        return;
    }
    ++announced_changes_;
    for (const auto& [path, payload] : paths) {
        outlets_.setting_gone(path, out);
    }
    outlets_.tell<DescriptionListener>(
        out, [&](DescriptionListener& listener) { listener.respelled(info.former_serial, out); });
    auto to_withdraw =
        settings_.to_withdraw(); // once more at the next connect: messages get lost with a link
    to_withdraw.insert(info.former_serial);
    settings_.set_to_withdraw(std::move(to_withdraw));
    if (log_) {
        log_(LogLevel::Info, info.product_name + " " + info.serial,
             "was known as " + info.former_serial + ": its instance and settings move over");
    }
}

void KeptState::begin(Meter& meter, const MeterInfo& before, Clock::time_point now, Messages& out) {
    energy_.begin(meter, before, !awaits_settings_);
    note_device(meter, now, out);
}

void KeptState::end(const Meter& meter, Clock::time_point now, Messages& out) {
    if (energy_.end(meter, !awaits_settings_)) {
        publish_settings(meter.device_id, now, out);
    }
}

void KeptState::set_estimate(const SettingAddress& address, double kwh) {
    energy_.set_estimate(address.device_id, address.row->name[1] - '0', kwh); // L1ReverseEnergy
}

void KeptState::store_energy(Clock::time_point now, Messages& out) {
    if (awaits_settings_) {
        return;
    }
    for (const std::string& device_id : energy_.store()) {
        publish_settings(device_id, now, out);
    }
}

Settings::Carried KeptState::carried(const std::string& device_id) const {
    const Settings::Device* const device = settings_.find(device_id);
    return device == nullptr ? Settings::Carried{} : device->carried;
}

Settings::Demand KeptState::demand(const std::string& device_id) const {
    const Settings::Device* const device = settings_.find(device_id);
    return device == nullptr ? Settings::Demand{} : device->demand;
}

void KeptState::store_demand(const std::string& device_id, const Settings::Demand& demand) {
    if (settings_.find(device_id) != nullptr) {
        settings_.set_demand(device_id, demand);
    }
}

bool KeptState::is_switched_off(const Meter& meter) const {
    return is_second_service(meter.device_id) &&
           settings_.value(meter.device_id, "Enabled") == std::optional<SettingValue>(0);
}

void KeptState::give_phase_modes() const {
    for (const auto& [device_id, device] : settings_.devices()) {
        if (!is_second_service(device_id)) {
            give_phase_mode(device_id);
        }
    }
}

void KeptState::give_phase_mode(const std::string& device_id) const {
    const auto mode = phase_mode_of(settings_, device_id);
    if (mode && orders_ != nullptr) {
        orders_->set_phase_mode(device_id, *mode);
    }
}

std::vector<std::string> KeptState::absent_devices(const std::vector<const Meter*>& meters) const {
    std::set<std::string_view> here;
    for (const Meter* const meter : meters) {
        here.insert(meter->device_id);
    }
    std::vector<std::string> absent;
    for (const auto& [device_id, device] : settings_.devices()) {
        if (device.announced && !here.contains(device_id)) {
            absent.push_back(device_id);
        }
    }
    return absent;
}

// Topics are by serial number alone: a meter that another driver reads now has them still.
std::vector<RememberedMeter> KeptState::without_meter(const std::vector<std::string>& device_ids,
                                                      const std::vector<const Meter*>& meters) const {
    std::vector<RememberedMeter> remembered;
    for (const std::string& device_id : device_ids) {
        std::string serial = serial_of(device_id);
        const bool has_meter = std::any_of(meters.begin(), meters.end(), [&](const Meter* meter) {
            return topic_level(meter->info.serial) == topic_level(serial);
        });
        if (!has_meter) {
            const std::string& role = settings_.find(device_id)->service_class;
            remembered.push_back({std::move(serial), role, settings_.offered_instance(device_id, role)});
        }
    }
    return remembered;
}

std::vector<RememberedMeter> KeptState::remembered(const std::vector<const Meter*>& meters) const {
    return without_meter(absent_devices(meters), meters);
}

std::vector<std::string> KeptState::forget_all_but(const std::vector<const Meter*>& meters) {
    const auto absent = absent_devices(meters);
    std::vector<std::string> serials;
    for (const RememberedMeter& meter : without_meter(absent, meters)) {
        serials.push_back(meter.serial);
    }
    for (const std::string& device_id : absent) {
        settings_.set_announced(device_id, false);
    }
    return serials;
}

void KeptState::forget(const std::string& serial, Clock::time_point now, Messages& out) {
    for (const std::string& device_id : devices_with_serial(settings_, serial)) {
        for (const auto& [path, payload] : settings_of(settings_, device_id)) {
            outlets_.setting_gone(path, out);
        }
        energy_.forget(device_id);
        if (orders_ != nullptr) {
            orders_->forget_phase_mode(device_id);
        }
    }
    const std::string before = settings_.device_ids();
    forget_devices(settings_, serial);
    identities_.fill();
    if (settings_.device_ids() != before) {
        publish_device_ids(now, out);
    }
    publish_second_services(now, out);
}

void KeptState::replace(Settings settings, Clock::time_point now, Messages& out) {
    settings.set_portal_id(settings_.portal_id());
    if (settings.service_id().empty()) { // of a program that had none
        settings.set_service_id(settings_.service_id());
    }
    settings_ = std::move(settings);
    ++announced_changes_;
    identities_.renew();
    awaits_settings_ = false;
    energy_.clear();
    publish_all(now, out);
    give_phase_modes();
}

void KeptState::publish_all(Clock::time_point now, Messages& out) const {
    for (const auto& [device_id, device] : settings_.devices()) {
        publish_settings(device_id, now, out);
    }
    publish_device_ids(now, out);
}

void KeptState::tell_settings(SettingListener& listener, Clock::time_point now, Messages& out) const {
    for (const auto& [device_id, device] : settings_.devices()) {
        for (const auto& [path, payload] : settings_of(settings_, device_id)) {
            listener.setting(path, payload, now, out);
        }
    }
    listener.setting(std::string(device_ids_path), device_ids_payload(settings_), now, out);
}

void KeptState::publish_settings(const std::string& device_id, Clock::time_point now, Messages& out) const {
    for (const auto& [path, payload] : settings_of(settings_, device_id)) {
        outlets_.setting(path, payload, now, out);
    }
}

void KeptState::publish_second_services(Clock::time_point now, Messages& out) const {
    for (const auto& [device_id, device] : settings_.devices()) {
        if (is_second_service(device_id)) {
            publish_settings(device_id, now, out);
        }
    }
}

void KeptState::publish_device_ids(Clock::time_point now, Messages& out) const {
    outlets_.setting(std::string(device_ids_path), device_ids_payload(settings_), now, out);
}

void KeptState::note_device(const Meter& meter, Clock::time_point now, Messages& out) {
    const bool on_bus =
        meter.config.transport == Transport::Rtu || meter.config.transport == Transport::RtuOverTcp;
    if (meter.info.kind == "cgwacs" && meter.source.channel == 0 && on_bus) {
        const std::string& list = settings_.device_ids();
        const std::string& serial = meter.info.serial;
        if (("," + list + ",").find("," + serial + ",") == std::string::npos) {
            settings_.set_device_ids(list.empty() ? serial : list + "," + serial);
            publish_device_ids(now, out);
        }
    }
    if (meter.info.supports_multiphase && !is_second_service(meter.device_id)) {
        const std::string second = second_service_of(meter.device_id);
        if (settings_.device(second).service_class.empty()) {
            settings_.set_class(second, "pvinverter", false);
        }
    }
    settings_.set_announced(meter.device_id, true);
    ++announced_changes_;
    auto to_withdraw = settings_.to_withdraw();
    to_withdraw.erase(meter.info.serial); // it was forgotten and is back
    settings_.set_to_withdraw(std::move(to_withdraw));
    publish_settings(meter.device_id, now, out);
    publish_second_services(now, out);
}

} // namespace gridbridge
