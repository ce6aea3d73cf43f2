#include "mqtt/venus_identity.hpp"

#include "mqtt/payload.hpp"

#include <array>
#include <string>

namespace gridbridge {
namespace {

constexpr std::array<std::string_view, 6> allowed_roles{"grid",   "pvinverter", "genset",
                                                        "acload", "evcharger",  "heatpump"};

std::string text_or_null(const std::string& text) {
    return text.empty() ? null_payload() : value_payload(text);
}

// What Victron's drivers call a meter by its role; the model name is kept in /Model.
bool has_position(std::string_view role) {
    return role != "grid" && role != "genset";
}

long long refresh_time(const Meter& meter) {
    const auto time =
        meter.info.refresh_time.value_or(meter.pace.rounded().value_or(std::chrono::seconds(1)));
    return time.count();
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
    set("ProductName", value_payload(info.product_name));
    set("Model", text_or_null(info.model));
    set("Serial", value_payload(info.serial));
    set("FirmwareVersion", text_or_null(info.firmware));
    set("HardwareVersion", text_or_null(info.hardware));
    set("CustomName", value_payload(meter.config.name));
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
    set("AllowedRoles", value_payload(allowed_roles));
    set("RefreshTime", value_payload(refresh_time(meter)));
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
        set("Position", value_payload(meter.config.position.value_or(0)));
    }
    if (meter.role != "grid") {
        set("IsGenericEnergyMeter", value_payload(1));
    }
}

} // namespace gridbridge
