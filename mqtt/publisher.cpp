#include "mqtt/publisher.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto save_delay = 2s;                      // after the first change, as localsettings does
constexpr auto estimate_period = 10min - save_delay; // energy estimates lose at most 10 min
constexpr auto longest_wait = 60s;
constexpr auto leave_limit = 1000ms; // for all connections together
constexpr auto restore_wait = 2s;    // for the retained settings after the first connect

} // namespace

Publisher::Publisher(Parts parts) : parts_(std::move(parts)) {
    connections_.emplace_back(BrokerConnection{parts_.inbox, parts_.client, parts_.link, "mqtt",
                                               parts_.client_id, parts_.server_names},
                              parts_.log);
    for (const BrokerConnection& other : parts_.more) {
        connections_.emplace_back(other, parts_.log);
    }
}

void Publisher::run(const std::stop_token& stop) {
    estimates_at_ = Clock::now() + estimate_period;
    restored_ = !parts_.restore;
    if (parts_.settings.changed() && restored_) {
        save(); // a new portal id must not get lost
    }
    while (!stop.stop_requested()) {
        step(parts_.handoff.take(next_wake(Clock::now()), stop));
    }
    parts_.bridge.store_energy(Clock::now(), out_);
    if (parts_.settings.changed()) {
        save();
    }
    parts_.bridge.leave(out_);
    send();
    for (Connection& connection : connections_) {
        connection.leave(leave_limit / static_cast<int>(connections_.size()));
    }
}

void Publisher::step(const std::vector<MeterUpdate>& updates) {
    const auto now = Clock::now();
    for (const MeterUpdate& update : updates) {
        parts_.bridge.update(update, now, out_);
    }
    take_events(now);
    if (restore_until_ && now >= *restore_until_) {
        parts_.log(LogLevel::Info, "state", "the broker keeps no settings of ours: starting with defaults");
        end_restore(now);
    }
    for (std::size_t link = 0; link < connections_.size(); ++link) {
        if (may_speak(link) && connections_[link].take_resync()) {
            say_everything(link, now);
        }
    }
    parts_.bridge.tick(now, out_);
    if (may_speak(0)) {
        parts_.bridge.forget_absent(now, out_);
    }
    send();
    parts_.bridge.published(updates, Clock::now());
    connect_when_due(now);
    save_when_due(now);
}

// The main connection is silent while the settings kept by its broker are awaited.
bool Publisher::may_speak(std::size_t link) const {
    return connections_[link].up() && (link != 0 || !restore_until_);
}

void Publisher::take_events(Clock::time_point now) {
    for (std::size_t link = 0; link < connections_.size(); ++link) {
        for (ClientEvent& event : connections_[link].events()) {
            if (event.kind == ClientEvent::Kind::Received) {
                event.message.link = link;
                received(event.message, now);
            } else if (event.kind == ClientEvent::Kind::Delivered) {
                parts_.bridge.delivered(event.message.topic, link);
            } else if (connections_[link].take(event, now)) {
                came_up(link, now);
            }
        }
    }
}

void Publisher::received(const Message& message, Clock::time_point now) {
    if (message.link == 0 && message.retain) {
        restore_from(message, now);
    } else {
        parts_.bridge.request(message, now, out_);
    }
}

void Publisher::came_up(std::size_t link, Clock::time_point now) {
    std::erase_if(out_, [&](const Message& message) {
        return message.link == link; // everything is said anew, nothing twice
    });
    if (link == 0 && !restored_) {
        restore_until_ = now + restore_wait;
        return;
    }
    say_everything(link, now);
}

void Publisher::say_everything(std::size_t link, Clock::time_point now) {
    parts_.bridge.connected(now, out_, link);
    if (link == 0 && !parts_.mirror_topic.empty()) {
        out_.push_back({parts_.mirror_topic, parts_.settings.to_json(true), true});
    }
}

// A retained request is a replay by the broker, not a request; only our own settings are wanted, once.
void Publisher::restore_from(const Message& message, Clock::time_point now) {
    if (restored_ || message.topic != parts_.mirror_topic) {
        return;
    }
    auto settings = Settings::from_json(message.payload);
    if (!settings) {
        parts_.log(LogLevel::Warn, "state", message.topic + " is no settings file: ignored");
        return;
    }
    parts_.log(LogLevel::Info, "state", "settings restored from " + message.topic);
    parts_.bridge.restore(std::move(*settings), now, out_);
    end_restore(now);
}

void Publisher::end_restore(Clock::time_point now) {
    restored_ = true;
    restore_until_.reset();
    std::erase_if(out_, [](const Message& message) { return message.link == 0; });
    if (connections_.front().up()) {
        say_everything(0, now);
    }
}

void Publisher::connect_when_due(Clock::time_point now) {
    const bool again = reconnect_.exchange(false);
    for (std::size_t link = 0; link < connections_.size(); ++link) {
        if (again) {
            connections_[link].drop(now);
        }
        connections_[link].connect_when_due(now, [&] {
            auto filters = parts_.bridge.filters(link);
            if (link == 0 && !restored_) {
                filters.push_back(parts_.mirror_topic);
            }
            return filters;
        });
    }
}

void Publisher::send() {
    for (const Message& message : out_) {
        if (may_speak(message.link)) {
            connections_[message.link].send(message);
        }
    }
    out_.clear();
}

void Publisher::save_when_due(Clock::time_point now) {
    if (now >= estimates_at_) {
        parts_.bridge.store_energy(Clock::now(), out_);
        estimates_at_ = now + estimate_period;
    }
    if (parts_.settings.changed() && !save_at_ && restored_) {
        save_at_ = now + save_delay;
    }
    if (save_at_ && now >= *save_at_) {
        save_at_.reset();
        save();
    }
}

void Publisher::save() {
    try {
        parts_.state_file.save(parts_.settings.to_json());
    } catch (const std::exception& error) {
        parts_.log(LogLevel::Error, "state", error.what());
    }
    parts_.settings.saved();
    if (!parts_.mirror_topic.empty()) {
        out_.push_back({parts_.mirror_topic, parts_.settings.to_json(true), true});
        send();
    }
}

Clock::time_point Publisher::next_wake(Clock::time_point now) const {
    auto next = std::min({parts_.bridge.next_tick(now), now + longest_wait, estimates_at_});
    for (const Connection& connection : connections_) {
        next = std::min(next, connection.next(now));
    }
    if (save_at_) {
        next = std::min(next, *save_at_);
    }
    if (restore_until_) {
        next = std::min(next, *restore_until_);
    }
    return next;
}

} // namespace gridbridge
