#include "mqtt/homeassistant/meter_states.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {

MeterStates::MeterStates(std::string portal_id, std::chrono::seconds interval)
    : portal_id_(std::move(portal_id)), interval_(interval) {}

void MeterStates::say(const std::string& topic, Shown& shown, Clock::time_point now, Messages& out) const {
    out.push_back({topic, state_json(shown.newest)});
    shown.said = shown.newest;
    shown.is_waiting = false;
    shown.due_at = now + interval_;
}

void MeterStates::reading(const Meter& meter, Clock::time_point now, Messages& out) {
    const std::string topic = state_topic(portal_id_, meter.info.serial);
    Shown& shown = shown_[topic];
    MeterState state = state_of(meter);
    state.known |= shown.newest.known;
    shown.newest = std::move(state);
    shown.is_waiting = true; // for tick()
    if (is_news(shown.newest, shown.said)) {
        say(topic, shown, now, out);
    }
}

void MeterStates::described(const Meter& meter, Clock::time_point now, Messages& out) {
    const std::string topic = state_topic(portal_id_, meter.info.serial);
    const auto known = shown_.find(topic);
    if (known == shown_.end()) {
        return;
    }
    MeterState state = state_of(meter);
    state.known |= known->second.newest.known;
    known->second.newest = std::move(state);
    if (is_news(known->second.newest, known->second.said)) {
        say(topic, known->second, now, out);
    }
}

void MeterStates::end(const std::string& topic, Clock::time_point now, Messages& out) {
    const auto known = shown_.find(topic);
    if (known == shown_.end() || !known->second.newest.connected) {
        return;
    }
    Shown& shown = known->second;
    if (shown.is_waiting) { // the energy of its last seconds
        say(topic, shown, now, out);
    }
    shown.newest.connected = false;
    shown.newest.reading = Reading{};
    say(topic, shown, now, out);
}

void MeterStates::lost(const Meter& meter, Clock::time_point now, Messages& out) {
    end(state_topic(portal_id_, meter.info.serial), now, out);
}

void MeterStates::gone(const Meter& meter, Messages& out) {
    end(state_topic(portal_id_, meter.info.serial), {}, out);
}

void MeterStates::forgotten(const std::string& serial, Messages& /*out*/) {
    shown_.erase(state_topic(portal_id_, serial));
}

void MeterStates::tick(Clock::time_point now, Messages& out) {
    for (auto& [topic, shown] : shown_) {
        if (shown.is_waiting && now >= shown.due_at) {
            say(topic, shown, now, out);
        }
    }
}

Clock::time_point MeterStates::next_tick(Clock::time_point now) const {
    Clock::time_point next = now + std::chrono::hours(1);
    for (const auto& [topic, shown] : shown_) {
        if (shown.is_waiting) {
            next = std::min(next, shown.due_at);
        }
    }
    return next;
}

void MeterStates::repeat(Clock::time_point now, Messages& out) {
    for (auto& [topic, shown] : shown_) {
        say(topic, shown, now, out);
    }
}

void MeterStates::leave(Messages& out) {
    for (const auto& [topic, shown] : shown_) {
        end(topic, {}, out);
    }
}

} // namespace gridbridge
