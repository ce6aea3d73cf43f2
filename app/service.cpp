#include "app/service.hpp"

#include "app/gx/em24_outlet.hpp"
#include "app/portal_id.hpp"
#include "app/version.hpp"
#include "drivers/driver.hpp"
#include "mqtt/access_check.hpp"
#include "mqtt/bridge.hpp"
#include "mqtt/own_topics.hpp"
#include "mqtt/paho_client.hpp"
#include "mqtt/publisher.hpp"
#include "mqtt/venus.hpp"

#include <chrono>
#include <random>
#include <thread>
#include <utility>

namespace gridbridge {
namespace {

long long unix_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::function<double()> make_jitter() {
    return [engine = std::minstd_rand(std::random_device{}())]() mutable {
        return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
    };
}

VenusOptions venus_options(const Config& config, const std::string& portal_id) {
    VenusOptions options;
    options.portal_id = portal_id;
    options.version = version::number;
    options.always = config.venus.always;
    options.standalone = config.venus.standalone;
    options.retain = config.venus.retain;
    options.heartbeat = config.venus.heartbeat;
    options.unix_time = unix_seconds;
    return options;
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
    options.version5 = mqtt.version5;
    options.keepalive = mqtt.keepalive;
    options.last_will = {status_topic(portal_id), "offline", true};
    return options;
}

void log_meter_event(const Log& log, const Meter& meter, std::string_view event) {
    const std::string who =
        meter.info.product_name + " " + meter.info.serial + " at " + meter.info.connection;
    if (event == "live") {
        log(LogLevel::Info, who, "publishing as " + meter.role + "/" + std::to_string(meter.instance));
    } else if (event == "lost") {
        log(LogLevel::Warn, who, "lost: " + meter.loss_reason + "; its values are null from now on");
    } else {
        log(LogLevel::Warn, who, "gone: its topics are cleared until it returns");
    }
}

} // namespace

Settings load_settings(const std::string& state_dir, bool keep, const Log& log) {
    const StateFile file(state_dir);
    const auto text = file.load();
    if (!text) {
        return {};
    }
    if (auto settings = Settings::from_json(*text)) {
        return std::move(*settings);
    }
    const std::string aside = keep ? file.set_aside() : file.path();
    log(LogLevel::Warn, "state",
        file.path() + " is no settings file: starting with defaults; it is kept as " + aside);
    return {};
}

// Members are destroyed in reverse order: drivers stop first, then the publisher, then the client.
struct Service::Running {
    explicit Running(ServiceParts given)
        : parts(std::move(given)), state_file(parts.config.state_dir),
          settings(load_settings(parts.config.state_dir, true, parts.log)), portal_id(choose_portal_id()),
          inbox([this] { handoff.wake(); }),
          client(make_paho_client(broker_options(parts, portal_id), inbox)),
          link(parts.config.mqtt.servers.size(), make_jitter()),
          bridge(bridge_options(), settings, make_outlets()),
          publisher({handoff, inbox, *client, bridge, link, settings, state_file, parts.log,
                     broker_options(parts, portal_id).client_id, parts.config.mqtt.servers}) {}

    std::string choose_portal_id() {
        const std::string reason = state_file.why_not_writable();
        if (!parts.config.portal_id.empty()) {
            settings.set_portal_id(parts.config.portal_id);
        } else if (settings.portal_id().empty()) {
            settings.set_portal_id(derive_portal_id());
        }
        if (!reason.empty()) {
            const std::string fix =
                parts.config.portal_id.empty()
                    ? "; settings and portal id are lost at the next start: set state_dir or portal_id"
                    : "; settings are lost at the next start: set state_dir";
            parts.log(LogLevel::Warn, "state", reason + fix);
            state_file = StateFile({}); // said once, not at every save
        }
        return settings.portal_id();
    }

    BridgeOptions bridge_options() {
        BridgeOptions options;
        options.meters = parts.config.meters;
        options.vanish_after = parts.config.venus.vanish_after;
        options.on_event = [this](const Meter& meter, std::string_view event) {
            log_meter_event(parts.log, meter, event);
            if (event == "lost" && meter.config.on_lost == OnLost::Exit && parts.on_meter_lost) {
                parts.on_meter_lost();
            }
        };
        return options;
    }

    // The list of outlets: the only place that names them.
    std::vector<std::unique_ptr<Outlet>> make_outlets() {
        OwnTopicsOptions own;
        own.portal_id = portal_id;
        own.version = version::number;
        own.commit = version::commit;
        own.config_digest = config_digest(parts.config);
        own.broker = [this] {
            const std::string server = parts.config.mqtt.servers.at(link.server());
            return BrokerHealth{link.up(), server, link.reconnects(), publisher.dropped() + inbox.dropped(),
                                client->queued()};
        };
        std::vector<std::unique_ptr<Outlet>> outlets;
        if (const GxConfig& gx = parts.config.gx; gx.mode == "em24-ethernet") { // first: a GX only polls
            outlets.push_back(
                make_em24_outlet({gx.listen, gx.meter, std::string(version::number), parts.log}));
        }
        outlets.push_back(std::make_unique<OwnTopics>(std::move(own)));
        outlets.push_back(
            std::make_unique<AccessCheck>(status_topic(portal_id), [this](const std::string& text) {
                parts.log(LogLevel::Warn, "mqtt", text);
            }));
        outlets.push_back(std::make_unique<Venus>(venus_options(parts.config, portal_id)));
        return outlets;
    }

    void start() {
        parts.log(LogLevel::Info, "gridbridge",
                  "portal id " + portal_id + ", " + std::to_string(parts.config.meters.size()) + " meter(s)");
        publisher_thread = std::jthread([this](const std::stop_token& stop) { publisher.run(stop); });
        drivers = make_drivers(parts.config.meters, handoff, orders, parts.log);
        for (const auto& driver : drivers) {
            driver_threads.emplace_back(
                [&driver = *driver](const std::stop_token& stop) { driver.run(stop); });
        }
    }

    void stop() {
        for (std::jthread& thread : driver_threads) {
            thread.request_stop(); // all at once, then wait for each
        }
        driver_threads.clear();
        publisher_thread = {};
    }

    ServiceParts parts;
    StateFile state_file;
    Settings settings;
    std::string portal_id;
    Handoff handoff;
    Orders orders;
    ClientInbox inbox;
    std::unique_ptr<MqttClient> client;
    Link link;
    Bridge bridge;
    Publisher publisher;
    std::vector<std::unique_ptr<Driver>> drivers;
    std::jthread publisher_thread;
    std::vector<std::jthread> driver_threads;
};

Service::Service(ServiceParts parts) : running_(std::make_unique<Running>(std::move(parts))) {
    running_->start();
}

Service::~Service() {
    running_->stop();
}

void Service::reconnect() {
    running_->publisher.reconnect();
}

} // namespace gridbridge
