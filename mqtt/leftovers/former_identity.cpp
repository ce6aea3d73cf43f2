#include "mqtt/leftovers/former_identity.hpp"

#include "mqtt/outlet/info_payload.hpp"
#include "mqtt/settings/settings_tree.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// A broker sends what it has kept right after the subscription; a GX that is asked has a heartbeat every 3 s.
constexpr auto look_time = 6s;
constexpr std::size_t most_topics = 10000; // of one former configuration; the rest is found the next time

std::string own_prefix(const std::string& portal_id) {
    return "gridbridge/" + portal_id + "/";
}

std::string venus_prefix(const std::string& portal_id) {
    return "N/" + portal_id + "/";
}

} // namespace

std::vector<std::string>
FormerIdentity::retained_filters(const std::vector<RememberedMeter>& /*remembered*/) {
    looks_.clear();
    filters_.clear();
    std::vector<std::string> serials;
    for (const auto& [device_id, device] : settings_.devices()) {
        serials.push_back(serial_of(device_id));
    }
    for (const Settings::Published& former : settings_.published()) {
        if (former == options_.now) {
            continue;
        }
        looks_.push_back({former, {}, {}, std::nullopt, false});
        const bool other_portal = former.portal_id != options_.now.portal_id;
        if (other_portal) {
            filters_.push_back(own_prefix(former.portal_id) + "#");
        }
        if (other_portal || (former.retains_values && !options_.now.retains_values)) {
            filters_.push_back(venus_prefix(former.portal_id) + "#");
        }
        const bool other_discovery = former.discovery_prefix != options_.now.discovery_prefix;
        if (!former.discovery_prefix.empty() && (other_portal || other_discovery)) {
            for (std::string& filter :
                 options_.discovery_filters(former.discovery_prefix, serials, former.portal_id)) {
                filters_.push_back(std::move(filter));
            }
        }
    }
    return filters_;
}

void FormerIdentity::connected(Clock::time_point now, Messages& out) {
    settings_.add_published(options_.now);
    if (looks_.empty()) {
        return;
    }
    until_ = now + look_time;
    for (const Look& look : looks_) {
        if (look.former.portal_id != options_.now.portal_id) { // wakes a GX of that id
            out.push_back({"R/" + look.former.portal_id + "/keepalive",
                           R"({"keepalive-options":["suppress-republish"]})", false});
        }
    }
}

bool FormerIdentity::is_own(const Look& look, const std::string& topic) const {
    const std::string& portal_id = look.former.portal_id;
    if (portal_id != options_.now.portal_id && topic.starts_with(own_prefix(portal_id))) {
        return true;
    }
    return topic.starts_with(venus_prefix(portal_id)) &&
           (portal_id != options_.now.portal_id || topic != venus_prefix(portal_id) + "system/0/Serial");
}

// A discovery message names its bridge by the topic of its availability.
bool FormerIdentity::is_discovery(const Look& look, const Message& message) const {
    const std::string& prefix = look.former.discovery_prefix;
    return !prefix.empty() && message.topic.starts_with(prefix + "/") && message.topic.ends_with("/config") &&
           message.payload.find("\"" + own_prefix(look.former.portal_id) + "status\"") != std::string::npos;
}

void FormerIdentity::retained(const Message& message, Clock::time_point /*now*/) {
    if (!until_ || message.payload.empty()) {
        return;
    }
    for (Look& look : looks_) {
        if (look.topics.size() + look.discovery.size() >= most_topics) {
            continue;
        }
        if (is_discovery(look, message)) {
            look.discovery.insert(message.topic);
        } else if (is_own(look, message.topic)) {
            look.topics.insert(message.topic);
            if (message.topic == own_prefix(look.former.portal_id) + "info") {
                look.service_id = service_id_of(message.payload);
            }
        }
    }
}

// What is published now: by us, in the place of what was, or by somebody else.
void FormerIdentity::request(const Message& message, Clock::time_point /*now*/, Messages& /*out*/) {
    for (Look& look : looks_) {
        look.discovery.erase(message.topic);
        if (look.former.portal_id != options_.now.portal_id && is_own(look, message.topic)) {
            look.is_used = true;
        }
    }
}

bool FormerIdentity::is_ours(const Look& look) const {
    const std::string& own = settings_.service_id();
    return look.former.portal_id == options_.now.portal_id ||
           (!look.is_used && !own.empty() && look.service_id == own);
}

void FormerIdentity::finish(const Look& look, Messages& out) {
    const std::string& portal_id = look.former.portal_id;
    const std::size_t found = look.topics.size() + look.discovery.size();
    if (found == 0) {
        settings_.forget_published(look.former);
    } else if (is_ours(look)) {
        for (const std::set<std::string>* const topics : {&look.topics, &look.discovery}) {
            for (const std::string& topic : *topics) {
                out.push_back({topic, {}, true});
            }
        }
        is_repeat_ = true;
        options_.log("withdrawn: " + std::to_string(found) +
                     " retained messages of an earlier configuration (portal id " + portal_id + ")");
    } else {
        const std::string text = "retained messages below the former portal id " + portal_id + " are left: " +
                                 (look.is_used ? "another service or a GX uses it now"
                                               : "nothing proves that this service published them");
        if (said_.insert(text).second) {
            options_.log(text);
            options_.remark(text);
        }
    }
}

void FormerIdentity::tick(Clock::time_point now, Messages& out) {
    if (!until_ || now < *until_) {
        return;
    }
    until_.reset();
    is_over_ = true;
    for (const Look& look : std::exchange(looks_, {})) {
        finish(look, out);
    }
}

Clock::time_point FormerIdentity::next_tick(Clock::time_point now) const {
    return is_repeat_ ? now : until_.value_or(now + 1h);
}

std::vector<std::string> FormerIdentity::take_left_filters() {
    return std::exchange(is_over_, false) ? std::exchange(filters_, {}) : std::vector<std::string>();
}

bool FormerIdentity::takes_repeat(Clock::time_point /*now*/) {
    return std::exchange(is_repeat_, false);
}

} // namespace gridbridge
