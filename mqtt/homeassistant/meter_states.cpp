#include "mqtt/homeassistant/meter_states.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace gridbridge {

MeterStates::MeterStates(std::string portal_id, std::chrono::seconds interval)
    : portal_id_(std::move(portal_id)), interval_(interval) {}

// `topic` is the key of `shown`.
void MeterStates::wait(const std::string& topic, Shown& shown) {
    if (!shown.is_waiting) {
        waiting_.emplace(shown.due_at, &topic);
        shown.is_waiting = true;
    }
}

void MeterStates::say(const std::string& topic, Shown& shown, Clock::time_point now, Messages& out) {
    out.push_back({topic, state_json(shown.newest)});
    shown.said = news_of(shown.newest);
    if (shown.is_waiting) {
        waiting_.erase({shown.due_at, &topic});
        shown.is_waiting = false;
    }
    shown.due_at = now + interval_;
}

void MeterStates::reading(const Meter& meter, Clock::time_point now, Messages& out) {
    const auto known = shown_.try_emplace(state_topic(portal_id_, meter.info.serial)).first;
    auto& [topic, shown] = *known;
    MeterState state = state_of(meter);
    state.known |= shown.newest.known;
    shown.newest = std::move(state);
    wait(topic, shown);
    if (news_of(shown.newest) != shown.said) {
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
    if (news_of(known->second.newest) != known->second.said) {
        say(known->first, known->second, now, out);
    }
}

void MeterStates::end(const std::string& topic, Clock::time_point now, Messages& out) {
    const auto known = shown_.find(topic);
    if (known == shown_.end() || !known->second.newest.connected) {
        return;
    }
    Shown& shown = known->second;
    if (shown.is_waiting) { // the energy of its last seconds
        say(known->first, shown, now, out);
    }
    shown.newest.connected = false;
    shown.newest.reading = Reading{};
    say(known->first, shown, now, out);
}

void MeterStates::lost(const Meter& meter, Clock::time_point now, Messages& out) {
    end(state_topic(portal_id_, meter.info.serial), now, out);
}

void MeterStates::gone(const Meter& meter, Messages& out) {
    end(state_topic(portal_id_, meter.info.serial), {}, out);
}

void MeterStates::forgotten(const std::string& serial, Messages& /*out*/) {
    const auto known = shown_.find(state_topic(portal_id_, serial));
    if (known != shown_.end()) {
        waiting_.erase({known->second.due_at, &known->first});
        shown_.erase(known);
    }
}

void MeterStates::tick(Clock::time_point now, Messages& out) {
    std::vector<const std::string*> due;
    for (auto hit = waiting_.begin(); hit != waiting_.end() && hit->first <= now; ++hit) {
        due.push_back(hit->second);
    }
    std::sort(due.begin(), due.end(), [](const auto* one, const auto* other) { return *one < *other; });
    for (const std::string* const topic : due) {
        say(*topic, shown_.at(*topic), now, out);
    }
}

Clock::time_point MeterStates::next_tick(Clock::time_point now) const {
    const Clock::time_point latest = now + std::chrono::hours(1);
    return waiting_.empty() ? latest : std::min(latest, waiting_.begin()->first);
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
