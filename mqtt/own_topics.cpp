#include "mqtt/own_topics.hpp"

#include "mqtt/settings_tree.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace gridbridge {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto health_period = std::chrono::seconds(30);

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

void OwnTopics::forgotten(const std::string& serial, Messages& out) {
    out.push_back({meter_topic(options_.portal_id, serial) + "/status", {}, true});
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
    HealthView view{options_.version,
                    options_.commit,
                    started_.value_or(now),
                    options_.broker ? options_.broker() : BrokerHealth{},
                    {}};
    for (const auto& [source, known] : meters_) {
        view.meters.push_back(*known.meter);
        const MeterLife life = known.meter->life;
        if (!known.topic.empty() && (life == MeterLife::Live || life == MeterLife::Lost)) {
            out.push_back({known.topic + "/health", meter_health_json(*known.meter, now)});
        }
    }
    out.push_back({prefix_ + "health", health_json(view, now)});
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
