#include "app/service/service_options.hpp"

#include "app/log/make_log.hpp"
#include "app/service/wall_clock.hpp"
#include "app/version.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"
#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/topics.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

std::string title(const Meter& meter) {
    return meter.info.serial.empty()
               ? meter.config.uri
               : meter.info.product_name + " " + meter.info.serial + " at " + meter.info.connection;
}

void take_log_level(std::string_view text, const Log& log) {
    const std::string_view name = trim(text);
    const auto level = parse_log_level(name);
    if (level) {
        set_log_level(*level);
        log(LogLevel::Info, "gridbridge", "log level is now " + std::string(name));
    } else {
        log(LogLevel::Warn, "gridbridge",
            "log level " + json_text(text.substr(0, 40)) + " is unknown: trace, debug, info, warn or error");
    }
}

// So that nobody forgets them.
std::string transformer_text(const Meter& meter) {
    const TransformerRatios ratios = transformers_of(meter);
    if (ratios == TransformerRatios{}) {
        return {};
    }
    return ", behind transformers: current x " + number_text(ratios.current) + ", voltage x " +
           number_text(ratios.voltage) + ", power and energy x " + number_text(ratios.energy());
}

} // namespace

VenusOptions venus_options(const Config& config, const std::string& portal_id,
                           std::function<long long()> unix_time) {
    VenusOptions options;
    options.portal_id = portal_id;
    options.version = version::number;
    options.always = config.venus.always;
    options.standalone = config.venus.standalone;
    options.retain = config.venus.retain;
    options.heartbeat = config.venus.heartbeat;
    options.unix_time = std::move(unix_time);
    return options;
}

HomeAssistantOptions homeassistant_options(const Config& config, const std::string& portal_id) {
    const HomeAssistantConfig& wanted = config.homeassistant;
    return {portal_id, std::string(version::number), wanted.prefix, wanted.per_component, wanted.interval};
}

MeterReadingsOptions readings_options(const Config& config, const std::string& portal_id) {
    return {portal_id, config.readings.interval, wall_clock_if_set};
}

MeterDemandsOptions demands_options(const Config& config) {
    constexpr double watts_per_kw = 1000;
    const double peak = config.limits.peak_kw;
    return {demand_interval(config.limits), peak > 0 ? std::optional(peak * watts_per_kw) : std::nullopt,
            local_moment_if_set};
}

std::vector<AccessBranch> access_branches_of(const Config& config, const std::string& portal_id) {
    Message discovery;
    if (config.homeassistant.enabled) {
        const auto said = bridge_discovery(homeassistant_options(config, portal_id));
        discovery.topic = said.begin()->first;
        discovery.payload = said.begin()->second;
    }
    return access_branches(portal_id, config.venus.always, discovery);
}

BrokerOptions broker_options(const ServiceParts& parts, const std::string& portal_id) {
    const MqttConfig& mqtt = parts.config.mqtt;
    BrokerOptions options;
    options.servers = mqtt.servers;
    options.client_id = mqtt.client_id.empty() ? "gridbridge-" + portal_id : mqtt.client_id;
    options.username = mqtt.username;
    options.password = parts.mqtt_password;
    options.ca_file = mqtt.ca_file;
    options.cert_file = mqtt.cert_file;
    options.key_file = mqtt.key_file;
    options.insecure = mqtt.insecure;
    options.tls_min = mqtt.tls_min;
    options.version5 = mqtt.version5;
    options.keepalive = mqtt.keepalive;
    options.last_will = {status_topic(portal_id), "offline", true};
    return options;
}

OwnTopicsOptions own_topics_options(const Config& config, const std::string& portal_id, const Log& log) {
    OwnTopicsOptions options;
    options.portal_id = portal_id;
    options.version = version::number;
    options.commit = version::commit;
    options.config_digest = config_digest(config);
    options.set_log_level = [log](std::string_view name) { take_log_level(name, log); };
    return options;
}

FormerIdentityOptions former_identity_options(const Config& config, const std::string& portal_id,
                                              const Log& log) {
    FormerIdentityOptions options;
    options.now = {portal_id, config.homeassistant.enabled ? config.homeassistant.prefix : std::string(),
                   config.venus.retain};
    options.discovery_filters = discovery_filters;
    options.log = [log](const std::string& text) { log(LogLevel::Info, "mqtt", text); };
    return options;
}

bool signs_transactions(const Config& config) {
    return std::any_of(config.meters.begin(), config.meters.end(),
                       [](const MeterConfig& meter) { return driver_row(meter.driver).signs_transactions; });
}

StatisticsOptions statistics_options(const Config& config, const Log& log) {
    return {config.stats_interval,
            [log](const Meter& meter, const std::string& text) { log(LogLevel::Info, title(meter), text); }};
}

void log_meter_event(const Log& log, const Meter& meter, std::string_view event) {
    const std::string who = title(meter);
    if (event == "absent") {
        return; // its driver has said why
    }
    if (event == "live") {
        log(LogLevel::Info, who,
            "publishing as " + meter.role + "/" + std::to_string(meter.instance) + transformer_text(meter));
    } else if (event == "lost") {
        log(LogLevel::Warn, who, "lost: " + meter.loss_reason + "; its values are null from now on");
    } else {
        log(LogLevel::Warn, who, "gone: its topics are cleared until it returns");
    }
}

} // namespace gridbridge
