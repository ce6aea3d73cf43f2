#include "app/config/config.hpp"

#include "app/config/broker_url.hpp"
#include "app/config/check_meters.hpp"
#include "drivers/meter/meter_config.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/text/fnv.hpp"
#include "drivers/text/hex.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"
#include "mqtt/outlet/payload.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

namespace gridbridge {
namespace {

std::string variable_of(const ConfigKey& key) {
    std::string name = "GRIDBRIDGE_";
    name += key.section.empty() ? std::string() : std::string(key.section) + "_";
    name += key.name;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return name;
}

// The meter that [gx] gives to the GX. A text with a digit may be a serial number, which is known later.
void check_gx_meter(const Config& config, Findings& findings) {
    const std::string& wanted = config.gx.meter;
    const auto is_meant = [&](const MeterConfig& meter) {
        return wanted.empty() ? configured_role(meter) == "grid" : meter.name == wanted;
    };
    if (std::any_of(config.meters.begin(), config.meters.end(), is_meant) || config.meters.empty()) {
        return;
    }
    if (may_add_meters(config)) { // it may come, or have gone, at any time
        findings.warnings.push_back(
            {"[gx]", wanted.empty()
                         ? "no meter has the role grid: the GX waits for one"
                         : "no meter has the name " + in_quotes(wanted) + ": the GX waits for it"});
        return;
    }
    if (wanted.empty()) {
        findings.errors.push_back({"[gx]", "no meter has the role grid: name the one for the GX with meter"});
        return;
    }
    std::vector<std::string_view> names;
    for (const MeterConfig& meter : config.meters) {
        names.emplace_back(meter.name);
    }
    const std::string hint = did_you_mean(wanted, names);
    const bool serial = hint.empty() && wanted.find_first_of("0123456789") != std::string::npos;
    (serial ? findings.warnings : findings.errors)
        .push_back({"[gx]", "no meter has the name " + in_quotes(wanted) + hint +
                                (serial ? ": waiting for a meter with this serial number" : "")});
}

void check_em24_ethernet(const Config& config, Findings& findings) {
    if (config.gx.listen.empty()) {
        findings.errors.push_back({"[gx]", R"(mode "em24-ethernet" needs listen = "address:port")"});
    } else if (!parse_listen(config.gx.listen)) {
        findings.errors.push_back({"[gx]", "listen " + in_quotes(config.gx.listen) +
                                               R"( needs a numeric address, as "0.0.0.0:1502")"});
    }
    check_gx_meter(config, findings);
}

void check_gx_broker(const GxConfig& gx, Findings& findings) {
    const bool over_mqtt = gx.mode == "mqtt-devices" || gx.mode == "mqtt-grid";
    if (over_mqtt && gx.server.empty()) {
        findings.errors.push_back(
            {"[gx]", "mode " + in_quotes(gx.mode) + R"( needs server = "mqtt://<address of the GX>")"});
    }
    if (gx.manage_run_without_grid_meter && gx.mode.empty()) {
        findings.errors.push_back({"[gx]",
                                   "manage_run_without_grid_meter needs mode: the way the GX gets its "
                                   "grid meter from here"});
    } else if (gx.manage_run_without_grid_meter && gx.server.empty() && !over_mqtt) {
        findings.errors.push_back(
            {"[gx]", R"(manage_run_without_grid_meter needs server = "mqtt://<address of the GX>")"});
    }
}

void check_gx(const Config& config, Findings& findings) {
    const GxConfig& gx = config.gx;
    if (gx.mode == "em24-ethernet") {
        check_em24_ethernet(config, findings);
    } else if (!gx.mode.empty()) {
        check_gx_meter(config, findings);
    }
    check_gx_broker(gx, findings);
}

// Whose queues would be one.
void check_sinks(const Config& config, Findings& findings) {
    std::vector<std::string> titles;
    for (const SinkConfig& sink : config.sinks) {
        const std::string title = title_of(sink);
        if (std::find(titles.begin(), titles.end(), title) != titles.end()) {
            findings.errors.push_back({sink.where, "two sinks of kind " + in_quotes(name_of(*sink.kind)) +
                                                       " have the same name: give each a name of its own"});
        }
        titles.push_back(title);
        if (sink.enabled && sink.kind == SinkKind::Mqtt && !config.portal_id.empty() &&
            !is_plain_level(config.portal_id)) {
            findings.errors.push_back({sink.where, "a sink of kind \"mqtt\" needs a portal_id of letters, "
                                                   "digits, _ and -: it becomes part of routing keys, and " +
                                                       in_quotes(config.portal_id) + " has others"});
        }
    }
}

void check_page(const Config& config, Findings& findings) {
    const auto listen = parse_listen(config.status_listen);
    if (listen && !is_loopback(*listen) && !config.status_password_file.empty() &&
        config.trusted_proxies.empty()) {
        findings.warnings.push_back(
            {"[status]", "the password of the page can be read on the wire at " + config.status_listen +
                             ": put a proxy with HTTPS before it and name that in trusted_proxies"});
    }
}

} // namespace

std::string show_meter(const MeterConfig& meter) {
    std::string text = "\n[[meter]]\nuri = " + json_text(meter.uri) + "\n";
    for (const MeterKey& key : meter_keys()) {
        const bool is_of_members = is_formed(meter.driver) && !uses(driver_row(meter.driver), key.group);
        if (const auto value = is_of_members ? std::nullopt : key.show(meter)) {
            const auto number = parse_number(*value);
            // Others would be another text as a number, as a name "1e5" or an address "007".
            const bool bare = (number && number_text(*number) == *value && *value != "-0") ||
                              *value == "true" || *value == "false";
            text += std::string(key.name) + " = " + (bare ? *value : json_text(*value)) + "\n";
        }
    }
    return text;
}

void apply_environment(Config& config, std::span<const std::string> entries, Findings& findings) {
    for (const std::string_view entry : entries) {
        const auto equals = entry.find('=');
        if (!entry.starts_with("GRIDBRIDGE_") || equals == std::string_view::npos) {
            continue;
        }
        const std::string name(entry.substr(0, equals));
        const std::string_view value = entry.substr(equals + 1);
        if (name == meter_variable) {
            continue;
        }
        const auto keys = config_keys();
        const auto key = std::find_if(keys.begin(), keys.end(),
                                      [&](const ConfigKey& known) { return variable_of(known) == name; });
        if (key == keys.end()) {
            std::vector<std::string> names;
            std::transform(keys.begin(), keys.end(), std::back_inserter(names), variable_of);
            const std::vector<std::string_view> views(names.begin(), names.end());
            findings.warnings.push_back({name, "unknown environment variable" + did_you_mean(name, views)});
        } else if (const std::string problem = key->apply(config, value); !problem.empty()) {
            findings.errors.push_back({name, in_quotes(without_password(value)) + " " + problem});
        }
    }
}

void check_config(const Config& config, Findings& findings) {
    check_meters(config, findings);
    check_gx(config, findings);
    check_page(config, findings);
    check_sinks(config, findings);
    if (config.recorder.enabled && config.recorder.dir.empty() && config.state_dir.empty()) {
        findings.errors.push_back({"[recorder]", "has no folder for its files: set dir or state_dir"});
    }
    if (config.homeassistant.enabled && !config.venus.always) {
        findings.errors.push_back({"[venus]",
                                   R"(publish = "keepalive" leaves Home Assistant without values: set it to )"
                                   R"("always", or [homeassistant] enabled = false)"});
    }
    if (config.mqtt.cert_file.empty() != config.mqtt.key_file.empty()) {
        findings.errors.push_back({"[mqtt]", "cert_file and key_file belong together: set both"});
    }
}

void add_meter(Config& config, MeterConfig meter) {
    (meter.enabled ? config.meters : config.disabled_meters).push_back(std::move(meter));
}

bool may_add_meters(const Config& config) {
    return parse_listen(config.status_listen).has_value() && !config.state_dir.empty() &&
           (!config.status_password_file.empty() || !config.trusted_proxies.empty());
}

std::string show_config(const Config& config) {
    std::string text;
    std::string_view section;
    for (const ConfigKey& key : config_keys()) {
        if (key.section == "gx" && config.gx.mode.empty()) {
            continue;
        }
        if (key.section != section) {
            section = key.section;
            text += "\n[" + std::string(section) + "]\n";
        }
        text += std::string(key.name) + " = " + key.show(config) + "\n";
    }
    for (const auto* const meters : {&config.meters, &config.disabled_meters}) {
        for (const MeterConfig& meter : *meters) {
            text += show_meter(meter);
        }
    }
    for (const SinkConfig& sink : config.sinks) {
        text += show_sink(sink);
    }
    return text;
}

std::optional<std::chrono::minutes> demand_interval(const LimitsConfig& limits) {
    constexpr std::chrono::minutes by_default(15);
    if (limits.interval > 0) {
        return std::chrono::minutes(limits.interval);
    }
    return limits.peak_kw > 0 ? std::optional(by_default) : std::nullopt;
}

std::string config_digest(const Config& config) {
    return hex_from_low(fnv1a<std::uint64_t>(show_config(config)), 12);
}

} // namespace gridbridge
