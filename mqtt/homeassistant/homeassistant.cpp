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
// So many are announced at once with their first reading, more one after the other: a message has 20 kB.
constexpr int most_at_once = 16;
constexpr int shortest_share = 256; // of `spread_over`, for each of those

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
    publish(discovery_of(devices_.at(due_.front())), now, out);
    due_.pop_front();
    due_at_ = now + due_pause_;
}

void HomeAssistant::reading(const Meter& meter, Clock::time_point now, Messages& out) {
    const std::string id = discovery_id(meter.info);
    leaving_.erase(id);
    Device& device = devices_[id];
    Announced next{meter.info, meter.device_id, meter.role,
                   meter.name, meter.instance,  entities_of(meter.reading)};
    if (device.announced) {
        const Announced& known = *device.announced;
        next.entities |= known.entities;
        if (next.entities == known.entities && device.info_version == meter.info_version &&
            next.role == known.role && next.instance == known.instance && next.name == known.name) {
            return;
        }
    }
    device.info_version = meter.info_version;
    announce(id, std::move(next), now, out);
}

void HomeAssistant::described(const Meter& meter, Clock::time_point now, Messages& out) {
    if (meter.life == MeterLife::Live && devices_.contains(discovery_id(meter.info))) {
        reading(meter, now, out);
    }
}

// Everything its topics have, an empty payload where it was withdrawn.
Discovery HomeAssistant::discovery_of(const Device& device) const {
    Discovery discovery;
    if (device.announced) {
        Meter meter;
        meter.info = device.announced->info;
        meter.device_id = device.announced->device_id;
        meter.role = device.announced->role;
        meter.name = device.announced->name;
        meter.instance = device.announced->instance;
        discovery = meter_discovery(options_, meter, device.announced->entities);
    }
    for (const std::string& topic : device.withdrawn) {
        discovery.try_emplace(topic);
    }
    return discovery;
}

// Says what is new or different, withdraws what is no more.
void HomeAssistant::announce(const std::string& id, std::optional<Announced> announced, Clock::time_point now,
                             Messages& out) {
    Device& device = devices_.at(id);
    const Discovery before = discovery_of(device);
    const bool is_first = before.empty();
    device.announced = std::move(announced);
    for (const auto& [topic, payload] : before) {
        device.withdrawn.insert(topic);
    }
    Discovery news = discovery_of(device);
    for (const auto& [topic, payload] : news) {
        if (!payload.empty()) {
            device.withdrawn.erase(topic);
        }
    }
    std::erase_if(news, [&](const auto& entry) {
        const auto known = before.find(entry.first);
        return known != before.end() && known->second == entry.second;
    });
    if (news.empty()) {
        return;
    }
    if (is_first && !may_announce(now)) {
        due_.push_back(id);
        return;
    }
    publish(news, now, out);
}

// A crowd that comes at once must not be in the memory of all that stands between here and the broker.
bool HomeAssistant::may_announce(Clock::time_point now) {
    if (now - announced_at_ >= longest_pause) {
        announced_at_ = now;
        at_once_ = 0;
    }
    if (due_.empty() && at_once_ < most_at_once) {
        ++at_once_;
        return true;
    }
    due_pause_ = spread_over / shortest_share; // also behind a few that go slowly
    due_at_ = due_.empty() ? now + due_pause_ : std::min(due_at_, now + due_pause_);
    return false;
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
            devices_.at(id).info_version = 0;
            announce(id, {}, now, out); // its topics are kept: an empty payload may be lost with the link
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
