#include "app/service/service.hpp"

#include "app/gx/em24_outlet.hpp"
#include "app/log/make_log.hpp"
#include "app/servers/query_server.hpp"
#include "app/servers/status_pages.hpp"
#include "app/servers/status_server.hpp"
#include "app/service/absent_meters.hpp"
#include "app/service/broker_findings.hpp"
#include "app/service/gx_connection.hpp"
#include "app/service/kept_identity.hpp"
#include "app/service/own_state.hpp"
#include "app/service/process_memory.hpp"
#include "app/service/service_doctor.hpp"
#include "app/service/service_history.hpp"
#include "app/service/service_options.hpp"
#include "app/service/service_page.hpp"
#include "app/service/service_recorder.hpp"
#include "app/service/service_sinks.hpp"
#include "app/service/wall_clock.hpp"
#include "app/version.hpp"
#include "drivers/factory.hpp"
#include "drivers/meter/meter_config.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/waist/handoff.hpp"
#include "drivers/waist/log.hpp"
#include "drivers/waist/orders.hpp"
#include "drivers/waist/progress.hpp"
#include "mqtt/bridge/bridge.hpp"
#include "mqtt/bridge/publisher.hpp"
#include "mqtt/broker/access_probe.hpp"
#include "mqtt/broker/paho_client.hpp"
#include "mqtt/files/file_writer.hpp"
#include "mqtt/homeassistant/homeassistant.hpp"
#include "mqtt/homeassistant/meter_states.hpp"
#include "mqtt/leftovers/former_identity.hpp"
#include "mqtt/leftovers/retained_values.hpp"
#include "mqtt/limits/limit_outlet.hpp"
#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/topics.hpp"
#include "mqtt/status/access_check.hpp"
#include "mqtt/status/latency_watch.hpp"
#include "mqtt/status/own_topics.hpp"
#include "mqtt/status/snapshot_board.hpp"
#include "mqtt/status/statistics.hpp"
#include "mqtt/telegrams/telegram_topics.hpp"
#include "mqtt/transactions/record_store.hpp"
#include "mqtt/transactions/transaction_outlet.hpp"
#include "mqtt/venus/venus.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
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

std::function<double()> make_jitter() {
    return [engine = std::minstd_rand(std::random_device{}())]() mutable {
        return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
    };
}

// An outlet of one argument, which `given` makes each time.
template <typename Made, typename Given>
OutletRow row_of(std::string name, Given given) {
    return {std::move(name), [given] { return std::make_unique<Made>(given()); }};
}

} // namespace

// Members are destroyed in reverse order: drivers stop first, then the publisher, then the client.
struct Service::Running {
    explicit Running(ServiceParts given)
        : parts(std::move(given)), state_file(parts.config.state_dir),
          settings(load_settings(parts.config.state_dir, true, parts.log)),
          portal_id(take_identity(parts.config, settings, state_file, parts.log)),
          files([this] { handoff.wake(); }), records(state_file.directory(), files),
          inbox([this] { handoff.wake(); }),
          client(make_paho_client(broker_options(parts, portal_id), inbox)),
          link(parts.config.mqtt.servers.size(), make_jitter()),
          gx(make_gx_connection(parts.config.gx, parts.config.mqtt.tls_min, parts.gx_password, portal_id,
                                [this] { handoff.wake(); })),
          bridge(bridge_options(), settings, outlet_rows()),
          publisher({handoff, inbox, *client, bridge, link, settings, state_file, files, parts.log,
                     broker_options(parts, portal_id).client_id, parts.config.mqtt.servers,
                     "gridbridge/" + portal_id + "/settings", state_file.directory().empty(),
                     more_connections(), parts.config.mqtt.keepalive, trim_process_memory,
                     [this](const Message& message, Clock::time_point now) { recorder.heard(message, now); },
                     said_tap()}) {}

    std::function<void(const Message&, Clock::time_point)> said_tap() {
        if (!recorder.records_what_is_said()) {
            return {};
        }
        return [this](const Message& message, Clock::time_point now) { recorder.said(message, now); };
    }

    std::vector<BrokerConnection> more_connections() const {
        return gx ? std::vector{gx->connection()} : std::vector<BrokerConnection>();
    }

    BridgeOptions bridge_options() {
        BridgeOptions options;
        options.meters = parts.config.meters;
        options.vanish_after = parts.config.venus.vanish_after;
        options.log = parts.log;
        options.orders = &orders;
        options.demands = demands_options(parts.config);
        options.on_event = [this](const Meter& meter, std::string_view event) {
            log_meter_event(parts.log, meter, event);
            const bool is_gone = event == "lost" && meter.config.on_lost == OnLost::Exit;
            if ((is_gone || (event == "absent" && absent.ends_the_program(meter.source.meter))) &&
                parts.on_meter_lost) {
                parts.on_meter_lost();
            }
        };
        return options;
    }

    OwnTopicsOptions own_topics() {
        OwnTopicsOptions own = own_topics_options(parts.config, portal_id, parts.log);
        own.broker = [this] { return state.broker(); };
        own.problems = [this] { return state.problems(); };
        own.remarks = [this] { return state.remarks(); };
        own.sinks = [this] { return sinks.health(); };
        own.other_service = [this](std::string problem) { findings.other_service(std::move(problem)); };
        own.service_id = [this] { return settings.service_id(); };
        own.is_dismissed = [this](const MeterConfig& meter) { return is_dismissed(meter); };
        return own;
    }

    SnapshotOptions snapshot_options() {
        return {std::string(version::number),
                std::string(version::commit),
                [this] { return state.broker(); },
                [this] { return state.problems(); },
                [this] { return state.remarks(); },
                [this] { return more_links(parts.config, gx.get(), link.up()); },
                [this](Snapshot& snapshot) { doctor.add_findings(snapshot); },
                [this] { return sinks.health(); }};
    }

    // Without its meters.
    Snapshot view() {
        Snapshot now{std::string(version::number), std::string(version::commit), {}, state.broker(), {}};
        now.problems = state.problems();
        now.remarks = state.remarks();
        now.sinks = sinks.health();
        doctor.add_findings(now);
        return now;
    }

    ServiceFacts facts() {
        const OwnTopicsOptions own = own_topics();
        return {own.version, own.commit, own.config_digest, settings.service_id()};
    }

    std::unique_ptr<Outlet> make_former_identity() {
        FormerIdentityOptions options = former_identity_options(parts.config, portal_id, parts.log);
        options.remark = [this](const std::string& text) { remarks.push_back(text); };
        return std::make_unique<FormerIdentity>(settings, std::move(options));
    }

    // The list of outlets: the only place that names them. Each is made anew when it has failed.
    std::vector<OutletRow> outlet_rows() {
        std::vector<OutletRow> rows;
        const Config& config = parts.config;
        if (config.gx.mode == "em24-ethernet") { // first: a GX only polls
            rows.push_back(
                {"gx em24-ethernet", [this, &gx = config.gx] {
                     return make_em24_outlet({gx.listen, gx.meter, std::string(version::number), parts.log});
                 }});
        }
        if (config.homeassistant.enabled) { // before OwnTopics: what is available has its newest state
            rows.push_back({"meter states", [this] {
                                return std::make_unique<MeterStates>(portal_id,
                                                                     parts.config.homeassistant.interval);
                            }});
        }
        rows.push_back(row_of<OwnTopics>("own topics", [this] { return own_topics(); }));
        rows.push_back({"former identity", [this] { return make_former_identity(); }});
        if (config.venus.retain) { // before Venus: what is old goes first
            rows.push_back(row_of<RetainedValues>("retained values", [this] {
                return RetainedValuesOptions{portal_id, parts.config.venus.vanish_after};
            }));
        }
        rows.push_back({"access check", [this] { return make_access_check(); }});
        if (config.homeassistant.enabled) { // after OwnTopics: availability comes before what it is of
            rows.push_back(row_of<HomeAssistant>(
                "home assistant", [this] { return homeassistant_options(parts.config, portal_id); }));
        }
        rows.push_back(
            row_of<Venus>("venus", [this] { return venus_options(parts.config, portal_id, unix_seconds); }));
        if (config.readings.enabled) {
            rows.push_back({"readings", [this] {
                                return std::make_unique<MeterReadings>(
                                    readings, readings_options(parts.config, portal_id));
                            }});
        }
        if (std::any_of(config.meters.begin(), config.meters.end(), publishes_telegrams)) {
            rows.push_back(
                {"telegrams", [this] { return std::make_unique<TelegramTopics>(portal_id, parts.log); }});
        }
        if (signs_transactions(config)) {
            rows.push_back({"transactions", [this] { return make_transaction_outlet(); }});
        }
        rows.push_back({"limits", [this] { return make_limit_outlet(); }});
        rows.push_back(
            row_of<Statistics>("statistics", [this] { return statistics_options(parts.config, parts.log); }));
        rows.push_back(row_of<LatencyWatch>("latency watch", [this] { return parts.log; }));
        doctor.add_outlets(rows, portal_id, [this] { return state.doctor_view(); });
        rows.push_back({"snapshots",
                        [this] { return std::make_unique<SnapshotOutlet>(snapshots, snapshot_options()); }});
        history.add_outlet(rows);
        sinks.add_outlets(rows, {[this] { return view(); }, [this] { return facts(); }});
        recorder.add_outlets(rows);
        if (gx) {
            const auto linked = [this] { return gx->link.up(); };
            for (OutletRow& row : gx_outlet_rows(config.gx, portal_id, parts.log, linked)) {
                rows.push_back(std::move(row));
            }
        }
        return rows;
    }

    std::unique_ptr<Outlet> make_access_check() {
        AccessCheckOptions options;
        options.branches = access_branches_of(parts.config, portal_id);
        options.ask = [this](std::vector<Message> messages) {
            access_probe->ask(link.server(), std::move(messages));
        };
        options.answers = [this] { return access_probe->take_answers(); };
        options.report = [this](std::vector<std::string> problems, std::vector<std::string> open) {
            findings.access(std::move(problems), std::move(open));
        };
        return std::make_unique<AccessCheck>(std::move(options));
    }

    std::unique_ptr<Outlet> make_limit_outlet() {
        return std::make_unique<LimitOutlet>(LimitOutletOptions{portal_id, wall_clock_if_set, parts.log},
                                             limits);
    }

    std::unique_ptr<Outlet> make_transaction_outlet() {
        return std::make_unique<TransactionOutlet>(
            TransactionOutletOptions{portal_id, unix_seconds, parts.log}, orders.transactions(), records);
    }

    void open_query_service() {
        if (const auto listen = parse_listen(parts.config.query_listen)) {
            handoff.keep_telegrams();
            const auto reply = [this](std::string_view command) { return query_answer(snapshots, command); };
            query_server = std::make_unique<QueryServer>(*listen, reply, parts.log);
        }
    }

    void open_status_server() {
        if (const auto listen = parse_listen(parts.config.status_listen)) {
            page.emplace(snapshots, page_options(parts, portal_id, history, recorder, inbox, snapshots));
            ServedPages pages;
            pages.status = [this](const HttpMessage& request) { return status_page(snapshots, request); };
            pages.views = [this](const HttpMessage& request) { return page->answer(request); };
            pages.live = [this](bool wants_all) { return page->live(wants_all); };
            status_server = std::make_unique<StatusServer>(
                StatusListen{*listen, parts.config.trusted_proxies}, std::move(pages), parts.log);
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
        drivers = make_drivers(parts.config.meters, handoff, orders, parts.log, recorder.wires());
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
        sinks.stop_sending(); // beside all that follows
        for (std::jthread& thread : driver_threads) {
            thread.request_stop(); // all at once, then wait for each
        }
        if (parts.scan) {
            parts.scan->stop();
        }
        driver_threads.clear();
        if (parts.scan) { // its ports may be those of the next service's meters
            parts.scan->finish();
        }
        publisher_thread = {};
        sinks.finish();
        history.finish();
        recorder.finish();
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
    std::vector<std::string> remarks;                    // publisher thread: for health
    BrokerFindings findings{parts.log};                  // publisher thread
    AbsentMeters absent{parts.config.meters};            // publisher thread
    StateFile state_file;
    Settings settings;
    std::string portal_id;
    Handoff handoff;
    Orders orders{wall_time};
    ThreadedFileWriter files;
    RecordStore records;
    LimitFile limits{state_file.directory().empty() ? std::string()
                                                    : state_file.directory() + "/limits.jsonl",
                     files, parts.log};
    ClientInbox inbox;
    std::unique_ptr<MqttClient> client;
    std::unique_ptr<AccessProbe> access_probe =
        make_access_probe(broker_options(parts, portal_id), [this] { handoff.wake(); });
    Link link;
    std::unique_ptr<GxConnection> gx; // none unless configured
    SnapshotBoard snapshots{[this] { handoff.wake(); }};
    ServiceHistory history{parts.config.history, state_file.directory(), parts.log};
    ServiceSinks sinks{parts.config, portal_id, state_file.directory(), parts.log};
    ServiceDoctor doctor{parts.config.limits, parts.log};
    ServiceRecorder recorder{{parts.config, settings, parts.log, [this] { handoff.wake(); },
                              [this] { return std::span<const Finding>(doctor.findings()); },
                              parts.incidents},
                             portal_id};
    ReadingBook readings; // publisher thread
    Bridge bridge;
    Publisher publisher;
    OwnState state{parts.config.mqtt, link,    publisher, inbox,    *client, bridge, files,
                   findings,          remarks, history,   recorder, sinks};
    std::vector<std::unique_ptr<Driver>> drivers;
    Progress publisher_progress;
    std::vector<Progress> driver_progress; // as drivers
    std::jthread publisher_thread;
    std::vector<std::jthread> driver_threads;
    std::unique_ptr<QueryServer> query_server;   // none unless asked for
    std::optional<Page> page;                    // views thread of the status server
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
    return gridbridge::status_line(running_->snapshots);
}

void Service::followed_by(std::vector<MeterConfig> meters) {
    running_->next_meters = std::move(meters);
}

} // namespace gridbridge
