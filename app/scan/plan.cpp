#include "app/scan/plan.hpp"

#include "drivers/modbus/sunspec/sunspec_models.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

// The vendor allows a meter this long, and the transport holds the line so long after a lost answer anyway.
constexpr std::chrono::milliseconds serial_timeout(500);

std::string_view parity_name(Parity parity) {
    return parity == Parity::None ? "none" : parity == Parity::Even ? "even" : "odd";
}

std::string base_uri(const ScanTarget& target, const LineSetting& setting) {
    std::string uri = "cg+" + std::string(name_of(setting.transport)) + "://" + target_text(target);
    const bool port_is_hidden = !target.is_port() && target.endpoint.port == 502;
    return setting.transport == Transport::RtuOverTcp && port_is_hidden ? uri + ":502" : uri;
}

} // namespace

std::vector<LineSetting> line_settings(const ScanTarget& target, const ScanRequest& request) {
    if (!target.is_port()) {
        return {{Transport::Tcp}, {Transport::RtuOverTcp}};
    }
    std::vector<LineSetting> settings;
    for (const int baud : request.bauds) {
        for (const Parity parity : request.parities) {
            settings.push_back({Transport::Rtu, baud, parity});
        }
    }
    return settings;
}

std::vector<Probe> scan_plan(std::span<const LineSetting> settings, std::span<const int> units) {
    std::vector<Probe> plan;
    if (units.empty()) {
        return plan;
    }
    plan.reserve(settings.size() * units.size());
    for (const LineSetting& setting : settings) {
        plan.push_back({setting, units.front()});
    }
    for (const LineSetting& setting : settings) {
        for (const int unit : units.subspan(1)) {
            plan.push_back({setting, unit});
        }
    }
    return plan;
}

bool may_be_sunspec(const Probe& probe) {
    const auto& units = sunspec::usual_units;
    return probe.setting.transport == Transport::Tcp &&
           std::find(units.begin(), units.end(), probe.unit) != units.end();
}

std::vector<Probe> scan_plan(const ScanTarget& target, const ScanRequest& request) {
    std::vector<Probe> plan = scan_plan(line_settings(target, request), request.units);
    if (target.is_port() || request.units_are_given) {
        return plan;
    }
    for (const int unit : sunspec::usual_units) {
        if (std::find(request.units.begin(), request.units.end(), unit) == request.units.end()) {
            plan.push_back({{Transport::Tcp}, unit});
        }
    }
    return plan;
}

void keep_setting(std::vector<Probe>& left, const LineSetting& setting) {
    std::erase_if(left, [&](const Probe& probe) { return probe.setting != setting; });
}

std::string setting_text(const LineSetting& setting) {
    switch (setting.transport) {
    case Transport::Tcp:
        return "Modbus TCP";
    case Transport::RtuOverTcp:
        return "RTU over TCP";
    default:
        break;
    }
    constexpr std::string_view letters = "NEO";
    return std::to_string(setting.baud) + " 8" + letters.at(static_cast<std::size_t>(setting.parity)) + '1';
}

MeterConfig probe_config(const ScanTarget& target, const Probe& probe, const ScanRequest& request) {
    MeterConfig meter;
    meter.uri = base_uri(target, probe.setting);
    meter.transport = probe.setting.transport;
    meter.path = target.path;
    meter.host = target.endpoint.host;
    meter.port = target.endpoint.port;
    meter.unit = probe.unit;
    meter.timeout = request.timeout;
    if (target.is_port()) {
        meter.baud = probe.setting.baud;
        meter.parity = probe.setting.parity;
        meter.timeout = request.timeout.value_or(serial_timeout);
    }
    return meter;
}

std::string meter_uri(const ScanTarget& target, const Probe& probe) {
    std::string query;
    const auto add = [&](std::string_view key, std::string_view value) {
        query += (query.empty() ? '?' : '&') + std::string(key) + '=' + std::string(value);
    };
    if (probe.unit != 1) {
        add("unit", std::to_string(probe.unit));
    }
    if (target.is_port() && probe.setting.baud != 9600) {
        add("baud", std::to_string(probe.setting.baud));
    }
    if (target.is_port() && probe.setting.parity != Parity::None) {
        add("parity", parity_name(probe.setting.parity));
    }
    return base_uri(target, probe.setting) + query;
}

} // namespace gridbridge
