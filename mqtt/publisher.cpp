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
constexpr auto reconnect_limit = 250ms;

} // namespace

void Publisher::run(const std::stop_token& stop) {
    estimates_at_ = Clock::now() + estimate_period;
    while (!stop.stop_requested()) {
        step(parts_.handoff.take(next_wake(Clock::now()), stop));
    }
    parts_.bridge.leave(out_);
    send();
    parts_.client.disconnect(leave_limit);
    parts_.bridge.store_estimates();
    if (parts_.settings.changed()) {
        save();
    }
}

void Publisher::step(const std::vector<MeterUpdate>& updates) {
    const auto now = Clock::now();
    for (const MeterUpdate& update : updates) {
        parts_.bridge.update(update, now, out_);
    }
    take_events(now);
    if (resync_ && parts_.link.up()) {
        resync_ = false;
        parts_.bridge.connected(now, out_);
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
        } else if (!event.message.retain) { // a retained request is a replay by the broker, not a request
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
        parts_.bridge.connected(now, out_);
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

void Publisher::connect_when_due(Clock::time_point now) {
    if (reconnect_.exchange(false) && parts_.link.up()) {
        parts_.client.disconnect(reconnect_limit);
        parts_.link.failed(now);
    }
    if (const auto server = parts_.link.due(now)) {
        parts_.client.connect(*server, parts_.bridge.filters());
    }
}

void Publisher::send() {
    if (parts_.link.up()) {
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
        parts_.bridge.store_estimates();
        estimates_at_ = now + estimate_period;
    }
    if (parts_.settings.changed() && !save_at_) {
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
}

Clock::time_point Publisher::next_wake(Clock::time_point now) const {
    auto next =
        std::min({parts_.bridge.next_tick(now), parts_.link.next(now), now + longest_wait, estimates_at_});
    if (save_at_) {
        next = std::min(next, *save_at_);
    }
    return resync_ ? std::min(next, now + resync_pause) : next;
}

} // namespace gridbridge
