#include "mqtt/bridge/forget_meters.hpp"

#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/topics.hpp"
#include "mqtt/settings/forget_devices.hpp"
#include "mqtt/settings/settings_tree.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace gridbridge {
namespace {

std::string log_text(const ForgetAnswer& answer) {
    const std::string who = json_text(answer.serial);
    switch (answer.result) {
    case ForgetResult::Forgotten:
        return "forgot " + who + ": its instance, settings and counters are gone";
    case ForgetResult::Present:
        return who +
               " is not forgotten: it is there; switch it off or take it out of the configuration first";
    case ForgetResult::Unknown:
        break;
    }
    return who + " is not forgotten: no meter with that serial number is known";
}

} // namespace

ForgetMeters::ForgetMeters(Settings& settings, KeptState& kept, MeterLives& lives, OutletSet& outlets,
                           Log log)
    : settings_(settings), kept_(kept), lives_(lives), outlets_(outlets), log_(std::move(log)) {}

void ForgetMeters::request(const Message& message, Clock::time_point now, Messages& out) {
    std::optional<std::string> serial;
    outlets_.tell_link<ForgetListener>(message.link, out, [&](ForgetListener& listener) {
        if (auto asked = listener.forget_request(message)) {
            serial = std::move(asked);
        }
    });
    if (!serial) {
        return;
    }
    const ForgetAnswer answer{*serial, forget(*serial, now, out)};
    if (log_) {
        log_(answer.result == ForgetResult::Forgotten ? LogLevel::Info : LogLevel::Warn, "state",
             log_text(answer));
    }
    outlets_.tell_link<ForgetListener>(
        message.link, out, [&](ForgetListener& listener) { listener.forget_answer(answer, out); });
}

ForgetResult ForgetMeters::forget(const std::string& serial, Clock::time_point now, Messages& out) {
    const auto device_ids = devices_with_serial(settings_, serial);
    if (is_present(serial) || std::any_of(device_ids.begin(), device_ids.end(), [&](const auto& device_id) {
            return is_present(serial_of(device_id));
        })) {
        return ForgetResult::Present;
    }
    if (device_ids.empty()) {
        return ForgetResult::Unknown;
    }
    kept_.forget(serial, now, out);
    auto to_withdraw =
        settings_.to_withdraw(); // once more at the next connect: messages get lost with a link
    for (const std::string& device_id : device_ids) {
        lives_.forget(device_id);
        tell_forgotten(serial_of(device_id), out);
        to_withdraw.insert(serial_of(device_id));
    }
    settings_.set_to_withdraw(std::move(to_withdraw));
    lives_.advise(settings_);
    return ForgetResult::Forgotten;
}

// Topics are by serial number: a meter read by another driver has them too.
bool ForgetMeters::is_present(const std::string& serial) const {
    const auto meters = lives_.all();
    return std::any_of(meters.begin(), meters.end(), [&](const Meter* meter) {
        return (meter->life == MeterLife::Live || meter->life == MeterLife::Lost) &&
               topic_level(meter->info.serial) == topic_level(serial);
    });
}

void ForgetMeters::withdraw_left_over(Messages& out) {
    for (const std::string& serial : settings_.to_withdraw()) {
        if (!is_present(serial)) {
            tell_forgotten(serial, out);
        }
    }
    settings_.set_to_withdraw({});
}

void ForgetMeters::tell_forgotten(const std::string& serial, Messages& out) {
    outlets_.tell<DescriptionListener>(
        out, [&](DescriptionListener& listener) { listener.forgotten(serial, out); });
}

} // namespace gridbridge
