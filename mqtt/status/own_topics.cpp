#include "mqtt/status/own_topics.hpp"

#include "drivers/text/text.hpp"
#include "mqtt/outlet/topics.hpp"
#include "mqtt/status/info_json.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace gridbridge {
namespace {

constexpr auto health_period = std::chrono::seconds(30);
// A hundred meters that come at once are not listed a hundred times.
constexpr auto info_period = std::chrono::seconds(1);
constexpr int most_infos = 8; // in a period

} // namespace

OwnTopics::OwnTopics(OwnTopicsOptions options)
    : options_(std::move(options)), prefix_("gridbridge/" + options_.portal_id + "/") {}

void OwnTopics::added(const Meter& meter) {
    meters_.emplace(meter.source, Known{&meter, {}});
}

void OwnTopics::connected(Clock::time_point now, Messages& out) {
    started_ = started_.value_or(now);
    others_.connected(now);
    out.push_back({status_topic(options_.portal_id), "online", true});
    for (auto& [source, known] : meters_) {
        publish_online(known, known.online, out);
    }
    publish_info(out);
    publish_health(now, out);
}

void OwnTopics::publish_online(Known& known, bool online, Messages& out) const {
    known.online = online;
    if (known.topic.empty()) {
        return;
    }
    out.push_back({known.topic + "/status", online ? "online" : "offline", true});
}

void OwnTopics::reading(const Meter& meter, Clock::time_point now, Messages& out) {
    Known& known = meters_.at(meter.source);
    const std::string topic = meter_topic(options_.portal_id, meter.info.serial);
    if (!known.topic.empty() && known.topic != topic) {
        out.push_back({known.topic + "/status", {}, true}); // another meter is in its place
    }
    if (known.topic != topic) {
        leave_topic(topic);
        known.topic = topic;
    }
    if (!known.online) {
        publish_online(known, true, out);
    }
    if (known.info_version != meter.info_version) {
        known.info_version = meter.info_version;
        has_news_ = true;
        publish_news(now, out);
    }
}

void OwnTopics::lost(const Meter& meter, Clock::time_point /*now*/, Messages& out) {
    publish_online(meters_.at(meter.source), false, out);
}

void OwnTopics::gone(const Meter& meter, Messages& out) {
    publish_online(meters_.at(meter.source), false, out);
    has_news_ = true;
}

// Another source is the meter from now on, or none is.
void OwnTopics::leave_topic(const std::string& topic) {
    for (auto& [source, known] : meters_) {
        if (known.topic == topic) {
            known.topic.clear();
            known.online = false;
        }
    }
}

void OwnTopics::forgotten(const std::string& serial, Messages& out) {
    const std::string topic = meter_topic(options_.portal_id, serial);
    leave_topic(topic);
    out.push_back({topic + "/status", {}, true});
}

void OwnTopics::remembered(const std::string& serial, Messages& out) {
    out.push_back({meter_topic(options_.portal_id, serial) + "/status", "offline", true});
}

void OwnTopics::described(const Meter& /*meter*/, Clock::time_point now, Messages& out) {
    has_news_ = true;
    publish_news(now, out);
}

void OwnTopics::request(const Message& message, Clock::time_point now, Messages& out) {
    if (message.topic == prefix_ + "log_level/set" && options_.set_log_level) {
        options_.set_log_level(message.payload);
    } else if (message.topic == prefix_ + "info") {
        others_.heard(message.payload, service_id(), now);
    } else if (message.topic == status_topic(options_.portal_id) && message.payload == "offline") {
        others_.left(); // we are here: another one has left, or its last will came
        out.push_back({message.topic, "online", true});
    }
}

void OwnTopics::retained(const Message& message, Clock::time_point now) {
    if (message.topic == prefix_ + "info") {
        others_.kept(message.payload, service_id(), now);
    }
}

void OwnTopics::tell_of_others() {
    const bool has_others = others_.count() > 0;
    if (std::exchange(has_others_, has_others) != has_others && options_.other_service) {
        options_.other_service(has_others ? "another gridbridge publishes under our portal id " +
                                                options_.portal_id +
                                                " to this broker, and what both say is mixed: give each a "
                                                "portal_id of its own"
                                          : std::string());
    }
}

std::optional<std::string> OwnTopics::forget_request(const Message& message) const {
    constexpr std::size_t longest = 200; // more is no serial number, and comes back in the answer
    const bool is_one = message.topic == forget_topic(options_.portal_id) + "/set";
    return is_one ? std::optional(std::string(trim(message.payload).substr(0, longest))) : std::nullopt;
}

void OwnTopics::forget_answer(const ForgetAnswer& answer, Messages& out) {
    out.push_back({forget_topic(options_.portal_id), forget_payload(answer)});
}

std::vector<std::string> OwnTopics::filters() const {
    return {prefix_ + "log_level/set", forget_topic(options_.portal_id) + "/set", prefix_ + "info",
            status_topic(options_.portal_id)};
}

void OwnTopics::publish_news(Clock::time_point now, Messages& out) {
    if (now >= infos_since_ + info_period) {
        infos_since_ = now;
        infos_ = 0;
    }
    if (has_news_ && infos_ < most_infos) {
        publish_info(out);
    }
}

void OwnTopics::publish_info(Messages& out) {
    has_news_ = false;
    ++infos_;
    std::vector<const Meter*> meters;
    for (const auto& [source, known] : meters_) {
        meters.push_back(known.meter);
    }
    const ServiceFacts facts{options_.version, options_.commit, options_.config_digest, service_id()};
    out.push_back({prefix_ + "info", info_json(facts, meters), true});
}

void OwnTopics::publish_health(Clock::time_point now, Messages& out) {
    health_at_ = now + health_period;
    Snapshot view{options_.version,
                  options_.commit,
                  started_.value_or(now),
                  options_.broker ? options_.broker() : BrokerHealth{},
                  {}};
    if (options_.problems) {
        view.problems = options_.problems();
    }
    if (options_.remarks) {
        view.remarks = options_.remarks();
    }
    if (options_.sinks) {
        view.sinks = options_.sinks();
    }
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
    if (others_.is_due(now)) {
        others_.said(now);
        publish_info(out);
    }
    publish_news(now, out);
    tell_of_others();
    if (now >= health_at_) {
        publish_health(now, out);
    }
}

Clock::time_point OwnTopics::next_tick(Clock::time_point now) const {
    const auto news_at = has_news_ ? infos_since_ + info_period : Clock::time_point::max();
    return std::min({health_at_, others_.next(now), news_at});
}

void OwnTopics::leave(Messages& out) {
    for (auto& [source, known] : meters_) {
        if (!known.topic.empty() && options_.is_dismissed && options_.is_dismissed(known.meter->config)) {
            out.push_back({known.topic + "/status", {}, true});
        } else {
            publish_online(known, false, out);
        }
    }
    out.push_back({status_topic(options_.portal_id), "offline", true});
}

} // namespace gridbridge
