#include "mqtt/publisher.hpp"

#include "mqtt/broker_errors.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto save_delay = 2s;         // after the first change, as localsettings does
constexpr auto estimate_period = 10min; // energy estimates lose at most this much
constexpr auto longest_wait = 60s;
constexpr auto resync_pause = 500ms;
constexpr auto repeat_failure = 60s; // the same failure is logged again after this
constexpr auto leave_limit = 1000ms;
constexpr auto restore_wait = 2s; // for the retained settings after the first connect
constexpr auto reconnect_limit = 250ms;

} // namespace

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
    parts_.client.disconnect(leave_limit);
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
    if (resync_ && !restore_until_ && parts_.link.up()) {
        resync_ = false;
        say_everything(now);
    }
    parts_.bridge.tick(now, out_);
    send();
    parts_.bridge.published(updates, Clock::now());
    connect_when_due(now);
    save_when_due(now);
}

void Publisher::take_events(Clock::time_point now) {
    for (const ClientEvent& event : parts_.inbox.drain()) {
        if (event.kind != ClientEvent::Kind::Received) {
            link_event(event, now);
        } else if (event.message.retain) {
            restore_from(event.message, now);
        } else {
            parts_.bridge.request(event.message, now, out_);
        }
    }
}

void Publisher::link_event(const ClientEvent& event, Clock::time_point now) {
    const std::string server = parts_.server_names.at(parts_.link.server());
    if (event.kind == ClientEvent::Kind::Denied) {
        parts_.log(LogLevel::Warn, "mqtt",
                   server + ": a subscription was refused: reads, writes and keepalives will not work; check "
                            "the broker's access rules");
        return;
    }
    if (event.kind == ClientEvent::Kind::Connected) {
        parts_.link.connected(now);
        parts_.log(LogLevel::Info, "mqtt", "connected to " + server);
        if (!parts_.link.looks_taken_over()) {
            last_failure_.clear();
        }
        out_.clear(); // everything is said anew, nothing twice
        if (!restored_) {
            restore_until_ = now + restore_wait;
            return;
        }
        say_everything(now);
        return;
    }
    parts_.link.failed(now);
    const bool lost = event.kind == ClientEvent::Kind::Lost;
    const std::string reason =
        lost && parts_.link.looks_taken_over() ? suspect_take_over(parts_.client_id) : event.text;
    say_failure((lost ? "lost " : "cannot connect to ") + server + ": " + reason, now);
}

void Publisher::say_failure(const std::string& failure, Clock::time_point now) {
    ++failures_;
    if (failure != last_failure_ || now - failure_logged_at_ >= repeat_failure) {
        parts_.log(LogLevel::Warn, "mqtt",
                   failure + "; trying again for ever (failure " + std::to_string(failures_) + ")");
        last_failure_ = failure;
        failure_logged_at_ = now;
    }
}

void Publisher::say_everything(Clock::time_point now) {
    parts_.bridge.connected(now, out_);
    if (!parts_.mirror_topic.empty()) {
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
    out_.clear();
    if (parts_.link.up()) {
        say_everything(now);
    }
}

void Publisher::connect_when_due(Clock::time_point now) {
    if (reconnect_.exchange(false) && parts_.link.up()) {
        parts_.client.disconnect(reconnect_limit);
        parts_.link.failed(now);
    }
    if (const auto server = parts_.link.due(now)) {
        auto filters = parts_.bridge.filters();
        if (!restored_) {
            filters.push_back(parts_.mirror_topic);
        }
        parts_.client.connect(*server, filters);
    }
}

void Publisher::send() {
    if (parts_.link.up() && !restore_until_) {
        for (const Message& message : out_) {
            if (!parts_.client.publish(message)) {
                resync_ = true;
                ++dropped_;
            }
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
    auto next =
        std::min({parts_.bridge.next_tick(now), parts_.link.next(now), now + longest_wait, estimates_at_});
    if (save_at_) {
        next = std::min(next, *save_at_);
    }
    if (restore_until_) {
        next = std::min(next, *restore_until_);
    }
    return resync_ ? std::min(next, now + resync_pause) : next;
}

} // namespace gridbridge
