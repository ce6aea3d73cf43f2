#include "app/service/service_sinks.hpp"

#include "app/config/load_config.hpp"
#include "app/service/wall_clock.hpp"
#include "app/sinks/boot.hpp"
#include "app/sinks/influx_sender.hpp"
#include "app/sinks/login_header.hpp"
#include "app/sinks/uplink_sender.hpp"
#include "drivers/text/hex.hpp"
#include "drivers/text/text.hpp"
#include "mqtt/broker/own_certificate.hpp"
#include "mqtt/broker/paho_client.hpp"
#include "mqtt/sinks/fleet_payload.hpp"
#include "mqtt/sinks/fleet_states.hpp"
#include "mqtt/sinks/line_protocol.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <random>
#include <utility>

namespace gridbridge {
namespace {

std::function<double()> sink_jitter() {
    return [engine = std::minstd_rand(std::random_device{}())]() mutable {
        return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
    };
}

std::string random_run() {
    constexpr int digits = 16;
    std::random_device random;
    const std::uint64_t bits = std::uint64_t{random()} << 32U | random();
    return hex_from_low(bits, digits);
}

std::optional<std::int64_t> wall_minus_steady_ms() {
    constexpr std::int64_t ns_per_ms = 1'000'000;
    const auto ns = wall_minus_monotonic();
    return ns ? std::optional(*ns / ns_per_ms) : std::nullopt;
}

std::shared_ptr<SinkShared> shared_by(const SinkConfig& sink, const std::string& state_dir, const Log& log) {
    auto shared = std::make_shared<SinkShared>();
    shared->name = "sink " + title_of(sink);
    shared->log = log;
    shared->wall_minus_steady_ms = wall_minus_steady_ms;
    shared->boot = this_boot();
    shared->health.with([&](SinkHealth& health) {
        health.name = title_of(sink);
        health.kind = name_of(*sink.kind);
        health.remark = state_dir.empty() ? "its queue is in memory: it ends with the program" : "";
    });
    return shared;
}

std::function<std::unique_ptr<SinkQueue>()> queue_opener(const SinkConfig& sink, const std::string& state_dir,
                                                         std::uint64_t boot) {
    constexpr std::uint64_t most_memory = 4'000'000; // a gateway has little, and no outage is the last
    SinkQueueOptions options;
    options.max_size = state_dir.empty() ? std::min(sink.max_size, most_memory) : sink.max_size;
    options.boot = boot;
    options.make_run = random_run;
    const std::string folder = state_dir.empty() ? state_dir : state_dir + "/sinks/" + title_of(sink);
    return [folder, options] {
        return std::make_unique<SinkQueue>(folder.empty() ? make_memory_store() : make_disk_store(folder),
                                           options);
    };
}

UplinkOptions uplink_options(const SinkConfig& sink, const std::string& portal_id,
                             const std::string& tls_min) {
    BrokerOptions broker;
    broker.servers = sink.servers;
    broker.client_id =
        sink.client_id.empty() ? "gridbridge-" + portal_id + "-" + title_of(sink) : sink.client_id;
    broker.username = sink.username;
    broker.password = password_reader(sink.password_file, sink.url_password);
    broker.ca_file = sink.ca_file;
    broker.cert_file = sink.cert_file;
    broker.key_file = sink.key_file;
    broker.insecure = sink.insecure;
    broker.tls_min = tls_min;
    UplinkOptions options;
    options.portal_id = portal_id;
    options.servers = sink.servers;
    options.jitter = sink_jitter();
    options.make_client = [broker](ClientInbox& inbox) { return make_paho_client(broker, inbox); };
    return options;
}

// Now and then: it may have been renewed.
void look_at_certificate(const std::string& file, SinkShared& shared) {
    const auto now = wall_clock_if_set();
    if (file.empty() || !now) {
        return;
    }
    const std::string remark = certificate_remark(file, certificate_end(file), *now / 1000);
    if (!remark.empty()) {
        shared.log(LogLevel::Warn, shared.name, remark);
    }
    shared.health.with([&](SinkHealth& health) { health.certificate_remark = remark; });
}

InfluxOptions influx_options(const SinkConfig& sink) {
    InfluxOptions options;
    options.place = {sink.http.tls, sink.http.at, sink.ca_file, sink.cert_file, sink.key_file, sink.insecure};
    options.target = sink.http.target;
    options.gzip = sink.gzip;
    options.jitter = sink_jitter();
    if (!sink.token_file.empty()) {
        options.login = [token = password_reader(sink.token_file, {}), target = sink.http.target] {
            return token_header(token(), target);
        };
    } else if (!sink.username.empty()) {
        options.login = [user = sink.username,
                         password = password_reader(sink.password_file, sink.url_password)] {
            return basic_header(user, password());
        };
    }
    return options;
}

} // namespace

ServiceSinks::ServiceSinks(const Config& config, const std::string& portal_id, const std::string& state_dir,
                           const Log& log) {
    for (const SinkConfig& sink : config.sinks) {
        if (sink.enabled && sink.kind == SinkKind::Mqtt && !is_plain_level(portal_id)) {
            remarks_.push_back("sink " + title_of(sink) +
                               ": is off: it needs a portal_id of letters, digits, "
                               "_ and -, and has " +
                               in_quotes(portal_id));
            log(LogLevel::Error, "sink " + title_of(sink), remarks_.back());
        } else if (sink.enabled) {
            begin(sink, {portal_id, state_dir, config.mqtt.tls_min}, log);
        }
    }
}

void ServiceSinks::begin(const SinkConfig& sink, const Surroundings& where, const Log& log) {
    auto one = std::make_unique<One>();
    one->title = "sink " + title_of(sink);
    one->shared = shared_by(sink, where.state_dir, log);
    one->points.interval = sink.interval;
    one->points.unix_ms = wall_clock_if_set;
    one->points.boot = one->shared->boot;
    SinkWorkerOptions options;
    options.open_queue = queue_opener(sink, where.state_dir, one->shared->boot);
    if (*sink.kind == SinkKind::Influx) {
        one->points.text = [portal_id = where.portal_id](const ToldReading& told, const std::string& serial,
                                                         Clock::time_point) {
            return line_text(told, portal_id, serial);
        };
        options.make_sender = [sender = influx_options(sink)](std::shared_ptr<SinkShared> with) {
            return std::make_unique<InfluxSender>(std::move(with), sender);
        };
    } else {
        one->points.text = [](const ToldReading& told, const std::string&, Clock::time_point now) {
            return fleet_members(told, now);
        };
        one->tells_states = true;
        options.make_sender = [sender = uplink_options(sink, where.portal_id, where.tls_min),
                               file = sink.cert_file](std::shared_ptr<SinkShared> with) {
            UplinkOptions uplink = sender;
            uplink.look_around = [file, shared = with.get()] { look_at_certificate(file, *shared); };
            return std::make_unique<UplinkSender>(std::move(with), std::move(uplink));
        };
    }
    one->worker = std::make_unique<SinkWorker>(one->shared, std::move(options));
    sinks_.push_back(std::move(one));
}

void ServiceSinks::add_outlets(std::vector<OutletRow>& rows, const FleetSight& sight) {
    for (const auto& sink : sinks_) {
        rows.push_back({sink->title, [one = sink.get()] {
                            return std::make_unique<SinkOutlet>(one->book, one->shared->box, one->points);
                        }});
        if (sink->tells_states) {
            const FleetStatesOptions states{sink->points.interval, sight.view, sight.facts};
            rows.push_back({sink->title + " states", [box = sink->shared->box, states] {
                                return std::make_unique<FleetStates>(box, states);
                            }});
        }
    }
}

void ServiceSinks::stop_sending() {
    for (const auto& sink : sinks_) {
        sink->worker->stop_sending();
    }
}

void ServiceSinks::finish() {
    constexpr std::chrono::milliseconds limit(700);
    const auto until = SystemClock::now() + limit;
    for (const auto& sink : sinks_) {
        using std::chrono::milliseconds;
        const auto left = std::chrono::duration_cast<milliseconds>(until - SystemClock::now());
        if (!sink->worker->finish(std::max(left, milliseconds(0)))) {
            sink->shared->log(LogLevel::Warn, sink->title,
                              "its disk or server holds it up: what is not in its queue yet is lost");
        }
    }
    sinks_.clear();
}

std::vector<SinkHealth> ServiceSinks::health() const {
    std::vector<SinkHealth> all;
    for (const auto& sink : sinks_) {
        all.push_back(sink->shared->health.with([](const SinkHealth& health) { return health; }));
    }
    return all;
}

std::vector<std::string> ServiceSinks::texts(std::initializer_list<std::string SinkHealth::*> parts,
                                             std::string_view before) const {
    std::vector<std::string> all;
    for (const SinkHealth& sink : health()) {
        for (std::string SinkHealth::*const part : parts) {
            if (!(sink.*part).empty()) {
                all.push_back("sink " + sink.name + ": " + std::string(before) + sink.*part);
            }
        }
    }
    return all;
}

std::vector<std::string> ServiceSinks::not_queued() const {
    return texts({&SinkHealth::disk_problem}, "points are not queued: ");
}

std::vector<std::string> ServiceSinks::away() const {
    return texts({&SinkHealth::problem, &SinkHealth::remark});
}

std::vector<std::string> ServiceSinks::certificates() const {
    return texts({&SinkHealth::certificate_remark});
}

std::vector<std::string> ServiceSinks::remarks() const {
    std::vector<std::string> all = remarks_;
    const auto add = [&all](std::vector<std::string> more) {
        all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    };
    add(not_queued());
    add(texts({&SinkHealth::problem, &SinkHealth::remark, &SinkHealth::certificate_remark}));
    for (const SinkHealth& sink : health()) {
        if (sink.dropped > 0) {
            all.push_back("sink " + sink.name + ": " + std::to_string(sink.dropped) +
                          " points are lost: it was away for longer than its queue holds");
        }
    }
    return all;
}

} // namespace gridbridge
