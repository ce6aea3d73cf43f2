// What the bridge keeps over a restart, and what it says of it: settings, counters, estimates.
#include "mqtt/bridge.hpp"

#include "mqtt/payload.hpp"
#include "mqtt/roles.hpp"
#include "mqtt/settings_tree.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::chrono::seconds all_are_here_after{30}; // devices behind a meter show up later than the meter

} // namespace

CounterGuard stored_guard(const Settings& settings, const std::string& device_id) {
    CounterGuard::Marks marks;
    if (const Settings::Device* const device = settings.find(device_id)) {
        for (const QuantityRow& row : quantity_table) {
            const auto mark = device->counters.find(std::string(row.name));
            if (mark != device->counters.end() && row.kind == QuantityKind::Counter) {
                marks[row.quantity] = mark->second;
            }
        }
    }
    return CounterGuard(std::move(marks));
}

void Bridge::guard_counters(Tracked& tracked, Reading& reading) {
    Meter& meter = tracked.meter;
    const bool was_held = meter.counters_held;
    log_exchanges(meter, tracked.guard.apply(reading));
    meter.counters_held = tracked.guard.holding();
    meter.counters_held_back = tracked.guard.held_back();
    if (meter.counters_held && !was_held) {
        log(LogLevel::Warn, meter,
            "an energy counter fell: it is null until 5 readings over 60 s confirm it or a 1 is written to "
            "ConfirmCounters");
    }
}

void Bridge::log_exchanges(const Meter& meter, const std::vector<CounterGuard::Exchange>& exchanges) const {
    for (const CounterGuard::Exchange& exchange : exchanges) {
        const QuantityRow& row = quantity_table.at(index_of(exchange.quantity));
        log(LogLevel::Warn, meter,
            "meter exchange: " + std::string(row.name) + " goes on from " + double_text(exchange.after) +
                " " + std::string(row.unit) + " instead of " + double_text(exchange.before));
    }
}

void Bridge::store_energy(Clock::time_point now, Messages& out) {
    for (const auto& [source, tracked] : meters_) {
        store_estimate(tracked, now, out);
        std::map<std::string, double> counters;
        for (const auto& [quantity, mark] : tracked.guard.marks()) {
            counters.emplace(quantity_table.at(index_of(quantity)).name, mark);
        }
        if (!counters.empty()) {
            settings_.set_counters(tracked.meter.device_id, std::move(counters));
        }
    }
}

void Bridge::forget_absent(Clock::time_point now, Messages& out) {
    const bool all_known = std::all_of(meters_.begin(), meters_.end(), [](const auto& entry) {
        return entry.first.channel != 0 || !entry.second.meter.device_id.empty();
    });
    all_known_since_ = all_known ? std::optional(all_known_since_.value_or(now)) : std::nullopt;
    if (!all_known_since_ || now - *all_known_since_ < all_are_here_after) {
        return;
    }
    for (const auto& [device_id, device] : settings_.devices()) {
        if (!device.announced || tracked_device(device_id) != nullptr) {
            continue;
        }
        settings_.set_announced(device_id, false);
        const std::string serial = serial_of(device_id);
        const bool has_another_driver = std::any_of(meters_.begin(), meters_.end(), [&](const auto& entry) {
            return topic_level(entry.second.meter.info.serial) == topic_level(serial);
        });
        for (const auto& outlet : outlets_) {
            if (!has_another_driver) { // topics are by serial number alone
                outlet->forgotten(serial, out);
            }
        }
    }
}

void Bridge::store_estimate(const Tracked& tracked, Clock::time_point now, Messages& out) {
    if (const auto kwh = tracked.estimate ? tracked.estimate->phase_kwh() : std::nullopt) {
        settings_.set_reverse_kwh(tracked.meter.device_id, *kwh);
        say_settings(tracked.meter.device_id, now, out);
    }
}

void Bridge::give_phase_modes() {
    for (const auto& [device_id, device] : settings_.devices()) {
        const auto mode = phase_mode_of(settings_, device_id);
        if (mode && options_.orders != nullptr && !is_second_service(device_id)) {
            options_.orders->set_phase_mode(device_id, *mode);
        }
    }
}

void Bridge::restore(Settings settings, Clock::time_point now, Messages& out) {
    settings.set_portal_id(settings_.portal_id());
    settings_ = std::move(settings);
    for (const auto& [device_id, device] : settings_.devices()) {
        say_settings(device_id, now, out);
    }
    say_device_ids(now, out);
    give_phase_modes();
    for (auto& [source, tracked] : meters_) {
        const MeterInfo info = std::exchange(tracked.meter.info, MeterInfo{});
        const bool live = tracked.meter.life == MeterLife::Live;
        const Reading newest = tracked.meter.reading;
        if (!info.serial.empty()) {
            take_info(tracked, info, now, out);
        }
        if (live) {
            take_reading(tracked, newest, now, out);
        }
    }
}

void Bridge::say_settings(const std::string& device_id, Clock::time_point now, Messages& out) const {
    for (const auto& [path, payload] : settings_of(settings_, device_id)) {
        for (const auto& outlet : outlets_) {
            outlet->setting(path, payload, now, out);
        }
    }
}

// What they are offered changes when another device takes it.
void Bridge::say_second_services(Clock::time_point now, Messages& out) const {
    for (const auto& [device_id, device] : settings_.devices()) {
        if (is_second_service(device_id)) {
            say_settings(device_id, now, out);
        }
    }
}

void Bridge::say_device_ids(Clock::time_point now, Messages& out) const {
    for (const auto& outlet : outlets_) {
        outlet->setting(std::string(device_ids_path), setting_payload(settings_.device_ids(), {}), now, out);
    }
}

void Bridge::know_device(const Meter& meter, Clock::time_point now, Messages& out) {
    const bool on_bus =
        meter.config.transport == Transport::Rtu || meter.config.transport == Transport::RtuOverTcp;
    if (meter.info.kind == "cgwacs" && meter.source.channel == 0 && on_bus) {
        const std::string& list = settings_.device_ids();
        const std::string& serial = meter.info.serial;
        if (("," + list + ",").find("," + serial + ",") == std::string::npos) {
            settings_.set_device_ids(list.empty() ? serial : list + "," + serial);
            say_device_ids(now, out);
        }
    }
    if (meter.info.supports_multiphase && !is_second_service(meter.device_id)) {
        const std::string second = second_service_of(meter.device_id);
        if (settings_.device(second).service_class.empty()) {
            settings_.set_class(second, "pvinverter", false);
        }
    }
    settings_.set_announced(meter.device_id, true);
    say_settings(meter.device_id, now, out);
    say_second_services(now, out);
}

bool Bridge::is_switched_off(const Meter& meter) const {
    return is_second_service(meter.device_id) &&
           settings_.value(meter.device_id, "Enabled") == std::optional<SettingValue>(0);
}

} // namespace gridbridge
