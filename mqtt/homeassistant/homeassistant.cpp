#include "mqtt/homeassistant/homeassistant.hpp"

#include "mqtt/homeassistant/homeassistant_names.hpp"
#include "mqtt/homeassistant/homeassistant_state.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// Home Assistant subscribes to an entity's topics 1.05 s after its discovery message (measured).
constexpr auto subscribed_after = 2s;
// A meter that changes its role leaves and returns within this.
constexpr auto return_limit = 5s;
// Discovery of many meters is spread over this, at most one pause for each.
constexpr std::chrono::milliseconds spread_over{4000};
constexpr std::chrono::milliseconds longest_pause{250};

} // namespace

HomeAssistant::HomeAssistant(HomeAssistantOptions options) : options_(std::move(options)) {}

void HomeAssistant::publish(const Discovery& discovery, Clock::time_point now, Messages& out) {
    for (const auto& [topic, payload] : discovery) {
        out.push_back({topic, payload, true});
    }
    repeat_at_ = now + subscribed_after;
}

void HomeAssistant::connected(Clock::time_point now, Messages& out) {
    publish(bridge_discovery(options_), now, out); // the meters' devices refer to it
    publish_later(now);
    publish_due(now, out);
}

void HomeAssistant::publish_later(Clock::time_point now) {
    due_.clear();
    for (const auto& [id, device] : devices_) {
        due_.push_back(id);
    }
    due_at_ = now;
    due_pause_ =
        std::min(longest_pause, spread_over / static_cast<int>(std::max<std::size_t>(due_.size(), 1)));
}

void HomeAssistant::publish_due(Clock::time_point now, Messages& out) {
    if (due_.empty() || now < due_at_) {
        return;
    }
    publish(devices_.at(due_.front()).said, now, out);
    due_.pop_front();
    due_at_ = now + due_pause_;
}

void HomeAssistant::reading(const Meter& meter, Clock::time_point now, Messages& out) {
    const std::string id = discovery_id(meter.info);
    Device& device = devices_[id];
    leaving_.erase(id);
    const Entities entities = device.entities | entities_of(meter.reading);
    if (entities == device.entities && device.info_version == meter.info_version &&
        device.role == meter.role && device.instance == meter.instance && device.name == meter.name) {
        return;
    }
    device.entities = entities;
    device.info_version = meter.info_version;
    device.role = meter.role;
    device.instance = meter.instance;
    device.name = meter.name;
    announce(device, meter_discovery(options_, meter, entities), now, out);
}

void HomeAssistant::described(const Meter& meter, Clock::time_point now, Messages& out) {
    if (meter.life == MeterLife::Live && devices_.contains(discovery_id(meter.info))) {
        reading(meter, now, out);
    }
}

// Says what is new or different, withdraws what is no more.
void HomeAssistant::announce(Device& device, const Discovery& discovery, Clock::time_point now,
                             Messages& out) {
    Discovery news;
    for (const auto& [topic, payload] : device.said) {
        if (!payload.empty() && !discovery.contains(topic)) {
            news[topic] = {};
        }
    }
    for (const auto& [topic, payload] : discovery) {
        const auto known = device.said.find(topic);
        if (known == device.said.end() || known->second != payload) {
            news[topic] = payload;
        }
    }
    if (news.empty()) {
        return;
    }
    for (const auto& [topic, payload] : news) {
        device.said[topic] = payload;
    }
    publish(news, now, out);
}

// Not before a while: a meter that comes back keeps all that its user has set.
void HomeAssistant::forgotten(const std::string& serial, Messages& out) {
    for (const std::string& spelling : spellings_of(serial)) {
        if (const auto known = devices_.find(discovery_id(spelling)); known != devices_.end()) {
            leaving_.try_emplace(known->first);
            continue;
        }
        for (std::string& topic : meter_discovery_topics(options_, spelling)) {
            out.push_back({std::move(topic), {}, true});
        }
    }
}

void HomeAssistant::withdraw_due(Clock::time_point now, Messages& out) {
    for (auto& [id, leaves_at] : leaving_) {
        leaves_at = leaves_at.value_or(now + return_limit);
        if (now >= *leaves_at) {
            Device& device = devices_.at(id);
            Discovery said = std::move(device.said);
            device = Device{};
            device.said = std::move(said); // kept: an empty payload may be lost with the link
            announce(device, {}, now, out);
        }
    }
    std::erase_if(leaving_, [&](const auto& entry) { return now >= *entry.second; });
}

void HomeAssistant::request(const Message& message, Clock::time_point now, Messages& out) {
    if (message.topic != birth_topic || message.payload != "online") {
        return;
    }
    publish(bridge_discovery(options_), now, out);
    publish_later(now);
    repeat_now_ = true; // what it already knows from retained messages
}

void HomeAssistant::tick(Clock::time_point now, Messages& out) {
    withdraw_due(now, out);
    publish_due(now, out);
}

Clock::time_point HomeAssistant::next_tick(Clock::time_point now) const {
    Clock::time_point next = repeat_now_ ? now : repeat_at_.value_or(now + 1h);
    if (!due_.empty()) {
        next = std::min(next, due_at_);
    }
    for (const auto& [id, leaves_at] : leaving_) {
        next = std::min(next, leaves_at.value_or(now));
    }
    return next;
}

bool HomeAssistant::takes_repeat(Clock::time_point now) {
    const bool due = repeat_now_ || (repeat_at_ && now >= *repeat_at_);
    repeat_now_ = false;
    if (repeat_at_ && now >= *repeat_at_) {
        repeat_at_.reset();
    }
    return due;
}

} // namespace gridbridge
