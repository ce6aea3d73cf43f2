#include "mqtt/own_topics.hpp"

#include "mqtt/settings_tree.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace gridbridge {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr auto health_period = std::chrono::seconds(30);

std::string_view life_name(MeterLife life) {
    switch (life) {
    case MeterLife::Awaited:
        return "awaited";
    case MeterLife::Live:
        return "live";
    case MeterLife::Lost:
        return "lost";
    case MeterLife::Gone:
        break;
    }
    return "gone";
}

Json meter_health(const Meter& meter, Clock::time_point now) {
    const MeterCounters& counters = meter.counters;
    Json json = {{"uri", meter.config.uri},
                 {"serial", meter.info.serial},
                 {"serial_is_stable", meter.info.serial_is_stable},
                 {"state", life_name(meter.life)},
                 {"latency_us", meter.publish_latency.count()},
                 {"round_trip_us", counters.round_trip.count()},
                 {"good", counters.good},
                 {"timeouts", counters.timeouts},
                 {"rejected", counters.rejected},
                 {"exceptions", counters.exceptions},
                 {"reconnects", counters.reconnects},
                 {"skipped_bytes", counters.skipped_bytes}};
    for (const RejectedCount& row : counters.rejected_by) {
        if (!row.reason.empty()) {
            json["rejected_by"][std::string(row.reason)] = row.count;
        }
    }
    if (!meter.config.share.empty()) {
        json["share"] = {{"clients", counters.share_clients},
                         {"missed", counters.share_missed},
                         {"disconnected", counters.share_disconnected}};
    }
    if (meter.last_good != Clock::time_point{}) {
        json["age_ms"] = std::chrono::duration_cast<milliseconds>(now - meter.last_good).count();
    }
    if (const auto interval = meter.pace.interval()) {
        json["interval_ms"] = std::chrono::duration_cast<milliseconds>(*interval).count();
    }
    json["counters_held"] = meter.counters_held;
    json["counters_held_back"] = meter.counters_held_back;
    const PhaseSumCheck& sum = meter.phase_sum;
    if (sum.count() > 0) {
        json["phase_sum_differences"] = sum.count();
    }
    if (sum.doubtful()) {
        json["phase_sum_differs_w"] = std::round(sum.difference());
        json["phase_sum_differs_s"] =
            std::chrono::duration_cast<std::chrono::seconds>(now - sum.since()).count();
    }
    if (!meter.info.advice.empty()) {
        json["advice"] = meter.info.advice;
    }
    if (!meter.loss_reason.empty()) {
        json["reason"] = meter.loss_reason;
    }
    return json;
}

std::string dumped(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace

std::string status_topic(const std::string& portal_id) {
    return "gridbridge/" + portal_id + "/status";
}

std::string meter_topic(const std::string& portal_id, const std::string& serial) {
    return "gridbridge/" + portal_id + "/meter/" + topic_level(serial);
}

OwnTopics::OwnTopics(OwnTopicsOptions options)
    : options_(std::move(options)), prefix_("gridbridge/" + options_.portal_id + "/") {}

void OwnTopics::added(const Meter& meter) {
    meters_.emplace(meter.source, Known{&meter, {}});
}

void OwnTopics::connected(Clock::time_point now, Messages& out) {
    started_ = started_.value_or(now);
    out.push_back({status_topic(options_.portal_id), "online", true});
    for (auto& [source, known] : meters_) {
        say_online(known, known.online, out);
    }
    say_info(out);
    say_health(now, out);
}

void OwnTopics::say_online(Known& known, bool online, Messages& out) const {
    known.online = online;
    if (known.topic.empty()) {
        return;
    }
    out.push_back({known.topic + "/status", online ? "online" : "offline", true});
}

void OwnTopics::reading(const Meter& meter, Clock::time_point /*now*/, Messages& out) {
    Known& known = meters_.at(meter.source);
    const std::string topic = meter_topic(options_.portal_id, meter.info.serial);
    if (!known.topic.empty() && known.topic != topic) {
        out.push_back({known.topic + "/status", {}, true}); // another meter is in its place
    }
    known.topic = topic;
    if (!known.online) {
        say_online(known, true, out);
    }
    if (known.info_version != meter.info_version) {
        known.info_version = meter.info_version;
        say_info(out);
    }
}

void OwnTopics::lost(const Meter& meter, Clock::time_point /*now*/, Messages& out) {
    say_online(meters_.at(meter.source), false, out);
}

void OwnTopics::gone(const Meter& meter, Messages& out) {
    say_online(meters_.at(meter.source), false, out);
    say_info(out);
}

void OwnTopics::described(const Meter& /*meter*/, Clock::time_point /*now*/, Messages& out) {
    say_info(out);
}

void OwnTopics::request(const Message& message, Clock::time_point /*now*/, Messages& /*out*/) {
    if (message.topic == prefix_ + "log_level/set" && options_.set_log_level) {
        options_.set_log_level(message.payload);
    }
}

std::vector<std::string> OwnTopics::filters() const {
    return {prefix_ + "log_level/set"};
}

void OwnTopics::say_info(Messages& out) const {
    Json meters = Json::array();
    for (const auto& [source, known] : meters_) {
        const Meter& meter = *known.meter;
        if (meter.life != MeterLife::Live && meter.life != MeterLife::Lost) {
            continue;
        }
        meters.push_back({{"serial", meter.info.serial},
                          {"name", meter.name},
                          {"product", meter.info.product_name},
                          {"model", meter.info.model},
                          {"firmware", meter.info.firmware},
                          {"connection", meter.info.connection},
                          {"role", meter.role},
                          {"instance", meter.instance}});
    }
    const Json info = {{"version", options_.version},
                       {"commit", options_.commit},
                       {"config_digest", options_.config_digest},
                       {"meters", meters}};
    out.push_back({prefix_ + "info", dumped(info), true});
}

void OwnTopics::say_health(Clock::time_point now, Messages& out) {
    health_at_ = now + health_period;
    Json meters = Json::array();
    bool healthy = true;
    for (const auto& [source, known] : meters_) {
        meters.push_back(meter_health(*known.meter, now));
        const MeterLife life = known.meter->life;
        if (!known.topic.empty() && (life == MeterLife::Live || life == MeterLife::Lost)) {
            out.push_back({known.topic + "/health", dumped(meters.back())});
        }
        // A device behind a meter may be taken away; its meter may not.
        healthy = healthy && (source.channel != 0 || life == MeterLife::Live);
    }
    const BrokerHealth broker = options_.broker ? options_.broker() : BrokerHealth{};
    const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(now - started_.value_or(now));
    const Json health = {{"healthy", healthy},
                         {"uptime_s", uptime.count()},
                         {"broker",
                          {{"connected", broker.connected},
                           {"server", broker.server},
                           {"reconnects", broker.reconnects},
                           {"dropped", broker.dropped},
                           {"queued", broker.queued}}},
                         {"meters", meters}};
    out.push_back({prefix_ + "health", dumped(health)});
}

void OwnTopics::tick(Clock::time_point now, Messages& out) {
    if (now >= health_at_) {
        say_health(now, out);
    }
}

Clock::time_point OwnTopics::next_tick(Clock::time_point /*now*/) const {
    return health_at_;
}

void OwnTopics::leave(Messages& out) {
    for (auto& [source, known] : meters_) {
        if (!known.topic.empty() && options_.is_dismissed && options_.is_dismissed(known.meter->config)) {
            out.push_back({known.topic + "/status", {}, true});
        } else {
            say_online(known, false, out);
        }
    }
    out.push_back({status_topic(options_.portal_id), "offline", true});
}

} // namespace gridbridge
