#include "app/service.hpp"

#include "app/gx/em24_outlet.hpp"
#include "app/gx_connection.hpp"
#include "app/log.hpp"
#include "app/portal_id.hpp"
#include "app/query_server.hpp"
#include "app/service_options.hpp"
#include "app/status_pages.hpp"
#include "app/version.hpp"
#include "drivers/driver.hpp"
#include "drivers/listen.hpp"
#include "drivers/progress.hpp"
#include "drivers/text.hpp"
#include "mqtt/access_check.hpp"
#include "mqtt/bridge.hpp"
#include "mqtt/health_board.hpp"
#include "mqtt/homeassistant.hpp"
#include "mqtt/latency_watch.hpp"
#include "mqtt/own_topics.hpp"
#include "mqtt/paho_client.hpp"
#include "mqtt/payload.hpp"
#include "mqtt/publisher.hpp"
#include "mqtt/query_board.hpp"
#include "mqtt/record_store.hpp"
#include "mqtt/statistics.hpp"
#include "mqtt/transactions.hpp"
#include "mqtt/venus.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include <pthread.h>

namespace gridbridge {
namespace {

// What a driver or the publisher does between two waits takes milliseconds; a slow card some seconds.
constexpr std::chrono::seconds stuck_after(15);

// For top -H and gdb; at most 15 characters.
void name_thread(const std::string& name) {
    static_cast<void>(pthread_setname_np(pthread_self(), name.substr(0, 15).c_str()));
}

long long unix_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

WallTime wall_time() {
    const auto now = static_cast<std::time_t>(unix_seconds());
    std::tm local{};
    localtime_r(&now, &local);
    return {now, static_cast<int>(local.tm_gmtoff / 60)};
}

std::function<double()> make_jitter() {
    return [engine = std::minstd_rand(std::random_device{}())]() mutable {
        return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
    };
}

} // namespace

// Members are destroyed in reverse order: drivers stop first, then the publisher, then the client.
struct Service::Running {
    explicit Running(ServiceParts given)
        : parts(std::move(given)), state_file(parts.config.state_dir),
          settings(load_settings(parts.config.state_dir, true, parts.log)), portal_id(choose_portal_id()),
          records(state_file.directory()), inbox([this] { handoff.wake(); }),
          client(make_paho_client(broker_options(parts, portal_id), inbox)),
          link(parts.config.mqtt.servers.size(), make_jitter()),
          gx(make_gx_connection(parts.config.gx, parts.gx_password, portal_id, [this] { handoff.wake(); })),
          bridge(bridge_options(), settings, make_outlets()),
          publisher({handoff, inbox, *client, bridge, link, settings, state_file, parts.log,
                     broker_options(parts, portal_id).client_id, parts.config.mqtt.servers,
                     "gridbridge/" + portal_id + "/settings", state_file.directory().empty(),
                     more_connections()}) {}

    std::vector<BrokerConnection> more_connections() const {
        return gx ? std::vector{gx->connection()} : std::vector<BrokerConnection>();
    }

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
                    ? "; the broker keeps the settings, nobody the portal id: set state_dir or portal_id"
                    : "; the broker keeps the settings";
            parts.log(LogLevel::Warn, "state", reason + fix);
            state_file = StateFile({}); // said once, not at every save
        }
        return settings.portal_id();
    }

    BridgeOptions bridge_options() {
        BridgeOptions options;
        options.meters = parts.config.meters;
        options.vanish_after = parts.config.venus.vanish_after;
        options.log = parts.log;
        options.orders = &orders;
        options.on_event = [this](const Meter& meter, std::string_view event) {
            log_meter_event(parts.log, meter, event);
            const bool is_gone = event == "lost" && meter.config.on_lost == OnLost::Exit;
            if ((is_gone || (event == "absent" && ends_the_program(meter))) && parts.on_meter_lost) {
                parts.on_meter_lost();
            }
        };
        return options;
    }

    // Whether nothing on the connection has answered and one of its meters has on_lost = "exit". The first
    // round of attempts decides: later a meter is lost before it can be absent.
    bool ends_the_program(const Meter& meter) {
        absent.insert(meter.source.meter);
        const auto& meters = parts.config.meters;
        bool wanted = false;
        for (std::size_t i = 0; i < meters.size(); ++i) {
            if (connection_key(meters[i]) == connection_key(meter.config)) {
                wanted = wanted || meters[i].on_lost == OnLost::Exit;
                if (!absent.contains(i)) {
                    return false;
                }
            }
        }
        return wanted;
    }

    // Publisher thread.
    BrokerHealth broker_health() const {
        const std::string server = parts.config.mqtt.servers.at(link.server());
        return {link.up(),         server,
                link.reconnects(), publisher.dropped() + inbox.dropped(),
                client->queued(),  publisher.last_failure()};
    }

    OwnTopicsOptions own_topics() {
        OwnTopicsOptions own = own_topics_options(parts.config, portal_id, parts.log);
        own.broker = [this] { return broker_health(); };
        own.is_dismissed = [this](const MeterConfig& meter) { return is_dismissed(meter); };
        return own;
    }

    // The list of outlets: the only place that names them.
    std::vector<std::unique_ptr<Outlet>> make_outlets() {
        std::vector<std::unique_ptr<Outlet>> outlets;
        if (const GxConfig& served = parts.config.gx;
            served.mode == "em24-ethernet") { // first: a GX only polls
            outlets.push_back(
                make_em24_outlet({served.listen, served.meter, std::string(version::number), parts.log}));
        }
        outlets.push_back(std::make_unique<OwnTopics>(own_topics()));
        outlets.push_back(
            std::make_unique<AccessCheck>(status_topic(portal_id), [this](const std::string& text) {
                parts.log(LogLevel::Warn, "mqtt", text);
            }));
        if (parts.config.homeassistant.enabled) { // after OwnTopics: availability comes before what it is of
            outlets.push_back(
                std::make_unique<HomeAssistant>(homeassistant_options(parts.config, portal_id)));
        }
        outlets.push_back(std::make_unique<Venus>(venus_options(parts.config, portal_id, unix_seconds)));
        if (signs_transactions(parts.config)) {
            outlets.push_back(std::make_unique<Transactions>(
                TransactionsOptions{portal_id, unix_seconds, parts.log}, orders.transactions(), records));
        }
        outlets.push_back(std::make_unique<Statistics>(statistics_options(parts.config, parts.log)));
        outlets.push_back(std::make_unique<LatencyWatch>(parts.log));
        outlets.push_back(std::make_unique<HealthOutlet>(
            *health_board, HealthOutletOptions{std::string(version::number), std::string(version::commit),
                                               [this] { return broker_health(); }}));
        if (!parts.config.query_listen.empty()) {
            outlets.push_back(std::make_unique<QueryOutlet>(query_board));
        }
        if (gx) {
            const auto linked = [this] { return gx->link.up(); };
            for (auto& outlet : make_gx_outlets(parts.config.gx, portal_id, parts.log, linked)) {
                outlets.push_back(std::move(outlet));
            }
        }
        return outlets;
    }

    void open_query_service() {
        if (const auto listen = parse_listen(parts.config.query_listen)) {
            handoff.keep_telegrams();
            const auto reply = [this](std::string_view command) {
                return answer(command, query_board.view(), Clock::now());
            };
            query_server = std::make_unique<QueryServer>(*listen, reply, parts.log);
        }
    }

    void open_status_server() {
        if (const auto listen = parse_listen(parts.config.status_listen)) {
            const auto page = [board = health_board](const std::string& path) {
                return status_page(*board, path);
            };
            status_server = std::make_unique<StatusServer>(*listen, page, parts.log);
        }
    }

    void start() {
        parts.log(LogLevel::Info, "gridbridge",
                  "portal id " + portal_id + ", " + std::to_string(parts.config.meters.size()) + " meter(s)");
        bridge.give_phase_modes();
        orders.transactions().attach([this] { handoff.wake(); },
                                     [this](const std::string& id) { return records.has_record(id); });
        open_query_service();
        open_status_server();
        publisher_thread = std::jthread([this](const std::stop_token& stop) {
            name_thread("publisher");
            const Watched watched(publisher_progress);
            publisher.run(stop);
        });
        drivers = make_drivers(parts.config.meters, handoff, orders, parts.log);
        driver_progress = std::vector<Progress>(drivers.size());
        for (std::size_t i = 0; i < drivers.size(); ++i) {
            driver_threads.emplace_back([this, i](const std::stop_token& stop) {
                name_thread("driver " + std::to_string(i + 1));
                const Watched watched(driver_progress[i]);
                drivers[i]->run(stop);
            });
        }
    }

    void stop() {
        for (std::jthread& thread : driver_threads) {
            thread.request_stop(); // all at once, then wait for each
        }
        driver_threads.clear();
        publisher_thread = {};
    }

    std::string stuck_thread() const {
        const auto now = Clock::now();
        if (publisher_progress.is_stuck(now, stuck_after)) {
            return "publisher";
        }
        for (std::size_t i = 0; i < drivers.size(); ++i) {
            if (driver_progress[i].is_stuck(now, stuck_after)) {
                return "driver of " + drivers[i]->connection();
            }
        }
        return {};
    }

    bool is_dismissed(const MeterConfig& meter) const {
        const auto is_same = [&](const MeterConfig& next) {
            return next.uri == meter.uri && next.unit == meter.unit && next.address == meter.address;
        };
        return next_meters && std::none_of(next_meters->begin(), next_meters->end(), is_same);
    }

    ServiceParts parts;
    std::optional<std::vector<MeterConfig>> next_meters; // set before stop(), then read by the publisher
    std::set<std::size_t> absent; // publisher thread: meters that did not answer when first asked
    StateFile state_file;
    Settings settings;
    std::string portal_id;
    Handoff handoff;
    Orders orders{wall_time};
    RecordStore records;
    ClientInbox inbox;
    std::unique_ptr<MqttClient> client;
    Link link;
    std::unique_ptr<GxConnection> gx; // none unless configured
    QueryBoard query_board{version::number};
    // Also used by a request that outlives its server.
    std::shared_ptr<HealthBoard> health_board = std::make_shared<HealthBoard>([this] { handoff.wake(); });
    Bridge bridge;
    Publisher publisher;
    std::vector<std::unique_ptr<Driver>> drivers;
    Progress publisher_progress;
    std::vector<Progress> driver_progress; // as drivers
    std::jthread publisher_thread;
    std::vector<std::jthread> driver_threads;
    std::unique_ptr<QueryServer> query_server;   // none unless asked for
    std::unique_ptr<StatusServer> status_server; // none when switched off
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

std::string Service::stuck_thread() const {
    return running_->stuck_thread();
}

std::string Service::status_line() {
    return gridbridge::status_line(*running_->health_board);
}

void Service::followed_by(std::vector<MeterConfig> meters) {
    running_->next_meters = std::move(meters);
}

} // namespace gridbridge
