#include "mqtt/venus/venus_identity.hpp"

#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/roles.hpp"
#include "mqtt/outlet/venus_table.hpp"

#include <string>
#include <utility>

namespace gridbridge {
namespace {

std::string text_or_null(const std::string& text) {
    return text.empty() ? null_payload() : value_payload(text);
}

} // namespace

bool is_electricity_service(std::string_view role) {
    return role != "pulsemeter";
}

void set_identity(VenusService& service, const Meter& meter, std::string_view version, bool awake,
                  Clock::time_point now, Messages& out) {
    const auto set = [&](std::string_view path, std::string payload) {
        service.set(path, std::move(payload), awake, now, out);
    };
    const MeterInfo& info = meter.info;
    set("Mgmt/ProcessName", value_payload("gridbridge"));
    set("Mgmt/ProcessVersion", value_payload(version));
    set("Mgmt/Connection", value_payload(info.connection));
    set("DeviceInstance", value_payload(meter.instance));
    set("ProductId", value_payload(info.product_id));
    set("ProductName", value_payload(venus_product_name(meter)));
    if (!info.manufacturer.empty()) {
        set("Manufacturer", value_payload(info.manufacturer));
    }
    set("Model", text_or_null(info.model));
    set("Serial", value_payload(info.serial));
    set("FirmwareVersion", text_or_null(info.firmware));
    set("HardwareVersion", text_or_null(info.hardware));
    set("CustomName", value_payload(meter.name));
    const bool electricity = is_electricity_service(meter.role);
    if (electricity) {
        set("DeviceType", value_payload(info.device_type));
    }
    set("ErrorCode", value_payload(info.error_code));
    for (const auto& [path, text] : info.texts) {
        set(path, text_or_null(text));
    }
    if (!electricity) {
        return;
    }
    set("Role", value_payload(meter.role));
    if (const auto roles = allowed_roles(meter); !roles.empty()) {
        set("AllowedRoles", value_payload(roles)); // absent: not changeable
    }
    if (info.phases) {
        set("NrOfPhases", value_payload(*info.phases));
    }
    if (info.phase_config) {
        set("PhaseConfig", value_payload(*info.phase_config));
    }
    if (info.switch_position) {
        set("SwitchPos", value_payload(*info.switch_position));
    }
    if (has_position(meter.role)) {
        set("Position", value_payload(meter.position));
    }
    if (meter.role != "grid") {
        set("IsGenericEnergyMeter", value_payload(1));
    }
    set_transaction(service, meter, awake, now, out);
}

void set_transaction(VenusService& service, const Meter& meter, bool awake, Clock::time_point now,
                     Messages& out) {
    const TransactionTopics& topics = meter.transaction;
    for (const auto& [path, payload] :
         {std::pair("Transaction/State", &topics.state), std::pair("Transaction/Result", &topics.result),
          std::pair("Transaction/PublicKey", &topics.key),
          std::pair("Transaction/PublicKeyDer", &topics.key_der),
          std::pair("Transaction/Ended", &topics.ended),
          std::pair("Transaction/SignedValue", &topics.signed_value)}) {
        if (!payload->empty()) {
            service.set(path, *payload, awake, now, out);
        }
    }
}

void set_meter_state(VenusService& service, const Meter& meter, bool awake, Clock::time_point now,
                     Messages& out) {
    const auto pace = static_cast<int>(meter.refresh_time.count());
    service.set("RefreshTime", value_payload(pace), awake, now, out);
    service.set("ConfirmCounters", value_payload(meter.counters_held ? 1 : 0), awake, now, out);
}

void set_measurements(VenusService& service, const Reading& reading, bool electricity, bool awake,
                      Clock::time_point now, Messages& out) {
    for (std::size_t row = 0; row < venus_table.size(); ++row) {
        const VenusRow& entry = venus_table.at(row);
        const auto value = reading.get(entry.quantity);
        const bool expected = electricity && entry.presence == Presence::Expected;
        if (value || expected || service.has_row(row)) {
            service.set_row(row, row_payload(entry, value), awake, now, out);
        }
    }
}

} // namespace gridbridge
