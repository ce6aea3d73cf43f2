#include "mqtt/bridge/publisher.hpp"

#include "drivers/waist/guarded.hpp"
#include "drivers/waist/progress.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto estimate_period = 10min - SettingsSaver::delay; // energy estimates lose at most 10 min
constexpr auto longest_wait = 60s;
constexpr auto leave_limit = 1000ms;      // for all connections together
constexpr auto finish_limit = 700ms;      // for the disk, while all else has ended
constexpr auto event_share = 20ms;        // of a step, for what clients ask
constexpr auto first_trim_after = 20s;    // of the start
constexpr auto trim_after = 5s;           // of many messages at once
constexpr auto trim_period = 10s;         // at most so often: it takes about 1 ms
constexpr std::size_t large_text = 65536; // of the settings: the tree it is made of is ten times as large
constexpr std::size_t kept_messages = 64; // of `out_`, which a full publish makes hundreds of times as large
constexpr auto failure_pause = 1s;        // what fails at once again must not take the processor

void wait(Clock::duration time, const std::stop_token& stop) {
    Guarded<bool> nothing;
    const auto until = Clock::now() + time;
    const WaitingUntil waiting(until);
    nothing.wait(
        until, stop, [](bool) { return false; }, [](bool) {});
}

} // namespace

Publisher::Publisher(Parts parts)
    : parts_(std::move(parts)), restore_(parts_.restore),
      saver_({parts_.settings, parts_.state_file, parts_.files, parts_.log, parts_.mirror_topic}) {
    connections_.emplace_back(BrokerConnection{parts_.inbox,
                                               parts_.client,
                                               parts_.link,
                                               "mqtt",
                                               parts_.client_id,
                                               parts_.server_names,
                                               {},
                                               parts_.keepalive},
                              parts_.log);
    for (const BrokerConnection& other : parts_.more) {
        connections_.emplace_back(other, parts_.log);
    }
}

void Publisher::run(const std::stop_token& stop) {
    begin(Clock::now());
    while (!stop.stop_requested()) {
        const auto updates = parts_.handoff.take(next_wake(Clock::now()), stop);
        if (!step(updates, Clock::now())) {
            wait(failure_pause, stop);
        }
    }
    end(Clock::now());
}

void Publisher::begin(Clock::time_point now) {
    estimates_at_ = now + estimate_period;
    trim_at_ = now + first_trim_after; // what the start took
    if (!restore_.is_over()) {
        parts_.bridge.await_settings();
    } else if (parts_.settings.changed()) {
        save(now); // a new portal id must not get lost
    }
}

void Publisher::end(Clock::time_point now) {
    attempt([&] { parts_.bridge.store_energy(now, out_, true); });
    attempt([&] {
        if (parts_.settings.changed()) {
            save(now);
        }
    });
    parts_.bridge.leave(out_);
    send(now);
    for (Connection& connection : connections_) {
        connection.leave(leave_limit / static_cast<int>(connections_.size()));
    }
    if (!parts_.files.finish(finish_limit)) {
        for (const std::string& reason : parts_.files.failing()) {
            parts_.log(LogLevel::Error, "state", "not saved: " + reason);
        }
    }
}

// Outlets stand behind a wall of their own. What comes up to here is a fault of the program: this thread goes
// on, and everything is said again.
bool Publisher::attempt(const std::function<void()>& work) {
    const std::size_t said_before = out_.size();
    std::string reason;
    try {
        work();
        return true;
    } catch (const std::exception& error) {
        reason = error.what();
    } catch (...) {
        reason = "unknown error";
    }
    out_.resize(std::min(said_before, out_.size()));
    for (Connection& connection : connections_) {
        connection.resync();
    }
    ++failures_;
    const bool is_another = std::exchange(failure_, reason) != reason;
    if (is_another || (failures_ & (failures_ - 1)) == 0) { // the 1st, 2nd, 4th, 8th ...
        parts_.log(LogLevel::Error, "publisher",
                   "failed and goes on (failure " + std::to_string(failures_) + "): " + reason +
                       "; please report it with the log");
    }
    return false;
}

bool Publisher::step(const std::vector<MeterUpdate>& updates, Clock::time_point now) {
    bool good = true;
    for (const MeterUpdate& update : updates) {
        good = attempt([&] { parts_.bridge.update(update, now, out_); }) && good;
    }
    send(now); // before anything that may take long
    parts_.bridge.published(updates, Clock::now());
    return attempt([&] { serve(now); }) && good;
}

void Publisher::serve(Clock::time_point now) {
    take_events(now);
    look_for_restore(now);
    for (std::size_t link = 0; link < connections_.size(); ++link) {
        if (may_speak(link) && connections_[link].take_resync()) {
            publish_everything(link, now);
        }
        parts_.bridge.set_link(link, may_speak(link));
    }
    parts_.bridge.tick(now, out_);
    if (const auto left = parts_.bridge.take_left_filters(); !left.empty()) {
        parts_.client.unsubscribe(left);
    }
    if (may_speak(0)) {
        parts_.bridge.forget_absent(now, out_);
    }
    send(now);
    connect_when_due(now);
    parts_.files.deliver();
    save_when_due(now);
    trim_when_due(now);
}

void Publisher::trim_when_due(Clock::time_point now) {
    if (trim_at_ && now >= *trim_at_) {
        trim_at_.reset();
        no_trim_before_ = now + trim_period;
        if (parts_.trim_memory) {
            parts_.trim_memory();
        }
    }
}

// The main connection is silent while the settings kept by its broker are awaited.
bool Publisher::may_speak(std::size_t link) const {
    return connections_[link].up() && (link != 0 || !restore_.holds_back());
}

// In the order they came, for a while: what clients ask for must not hold up the next readings.
void Publisher::take_events(Clock::time_point now) {
    for (std::size_t link = 0; link < connections_.size(); ++link) {
        for (ClientEvent& event : connections_[link].events()) {
            events_.emplace_back(link, std::move(event));
        }
    }
    const auto until = Clock::now() + event_share;
    while (!events_.empty()) { // one at least, however slow the machine is
        auto [link, event] = std::move(events_.front());
        events_.pop_front();
        take_event(link, event, now);
        if (Clock::now() >= until) {
            return;
        }
    }
}

void Publisher::take_event(std::size_t link, ClientEvent& event, Clock::time_point now) {
    if (event.kind == ClientEvent::Kind::Received) {
        event.message.link = link;
        received(event.message, now);
    } else if (event.kind == ClientEvent::Kind::Delivered) {
        parts_.bridge.delivered(event.message.topic, link);
    } else if (connections_[link].take(event, now)) {
        came_up(link, now);
    } else if (event.kind == ClientEvent::Kind::Echo && link == 0) {
        restore_.answered(now);
    }
}

void Publisher::received(const Message& message, Clock::time_point now) {
    if (message.link == 0 && parts_.on_heard) {
        parts_.on_heard(message, now);
    }
    if (message.link == 0 && message.retain) {
        restore_from(message, now);
        parts_.bridge.retained(message, now);
    } else {
        parts_.bridge.request(message, now, out_);
    }
}

void Publisher::came_up(std::size_t link, Clock::time_point now) {
    std::erase_if(out_, [&](const Message& message) {
        return message.link == link; // everything is said anew, nothing twice
    });
    if (link == 0 && !restore_.is_over()) {
        restore_.asked(now, connections_.front().await_echo(now));
        return;
    }
    publish_everything(link, now);
}

void Publisher::look_for_restore(Clock::time_point now) {
    if (!connections_.front().up()) {
        restore_.lost(); // the next one is asked again
    }
    if (restore_.has_passed(now)) {
        parts_.log(LogLevel::Info, "state",
                   "the broker has no settings of this service: starting with defaults");
        parts_.bridge.no_settings_came(now, out_);
        end_restore(now);
    }
}

void Publisher::publish_everything(std::size_t link, Clock::time_point now) {
    if (link == 0) { // first: what it keeps has not ended when more is told
        say_settings();
    }
    parts_.bridge.connected(now, out_, link);
}

void Publisher::say_settings() {
    if (auto mirror = saver_.mirror()) {
        out_.push_back(std::move(*mirror));
    }
}

// A retained request is a replay by the broker, not a request; only our own settings are wanted, once.
void Publisher::restore_from(const Message& message, Clock::time_point now) {
    if (restore_.is_over() || message.topic != parts_.mirror_topic) {
        return;
    }
    auto settings = Settings::from_json(message.payload);
    if (!settings) {
        parts_.log(LogLevel::Warn, "state", message.topic + " is not a settings file: ignored");
        return;
    }
    parts_.log(LogLevel::Info, "state", "settings restored from " + message.topic);
    parts_.bridge.restore(std::move(*settings), now, out_);
    end_restore(now);
}

void Publisher::end_restore(Clock::time_point now) {
    restore_.end();
    std::erase_if(out_, [](const Message& message) { return message.link == 0; });
    if (connections_.front().up()) {
        subscribe_to_more();
        publish_everything(0, now);
    }
}

// Where to look for what earlier runs have left is known by the settings only.
void Publisher::subscribe_to_more() {
    auto more = parts_.bridge.filters(0);
    std::erase_if(more, [&](const std::string& filter) {
        return std::find(filters_.begin(), filters_.end(), filter) != filters_.end();
    });
    if (!more.empty()) {
        parts_.client.subscribe(more);
    }
}

void Publisher::connect_when_due(Clock::time_point now) {
    const bool again = reconnect_.exchange(false);
    const auto to_renew = parts_.bridge.take_links_to_renew();
    for (std::size_t link = 0; link < connections_.size(); ++link) {
        if (again || to_renew.contains(link)) {
            connections_[link].drop(now);
        }
        connections_[link].connect_when_due(now, [&] {
            auto filters = parts_.bridge.filters(link);
            if (link == 0 && !restore_.is_over()) {
                filters_ = filters;
                filters.push_back(parts_.mirror_topic);
            }
            return filters;
        });
    }
}

void Publisher::send(Clock::time_point now) {
    for (Message& message : out_) {
        if (may_speak(message.link)) {
            const std::size_t link = message.link;
            if (link == 0 && parts_.on_said && !message.takes_back) {
                parts_.on_said(message, now);
            }
            connections_[link].send(std::move(message), now);
        }
    }
    out_.clear();
    if (out_.capacity() > kept_messages) {
        out_.shrink_to_fit();
        plan_trim(now);
    }
    for (Connection& connection : connections_) {
        connection.flush(now);
    }
}

// Not put off by more: with many meters each second has many messages.
void Publisher::plan_trim(Clock::time_point now) {
    trim_at_ = trim_at_.value_or(std::max<Clock::time_point>(now + trim_after, no_trim_before_));
}

void Publisher::save_when_due(Clock::time_point now) {
    if (now >= estimates_at_) {
        parts_.bridge.store_energy(now, out_);
        estimates_at_ = now + estimate_period;
        plan_trim(now); // with few meters nothing else does
    }
    if (restore_.is_over() && saver_.takes_due(now)) {
        save(now);
    }
}

void Publisher::save(Clock::time_point now) {
    if (saver_.save() > large_text) {
        plan_trim(now);
    }
    say_settings();
    send(now);
}

Clock::time_point Publisher::next_wake(Clock::time_point now) const {
    auto next = std::min({parts_.bridge.next_tick(now), now + longest_wait, estimates_at_, saver_.next(),
                          restore_.passes_at()});
    for (const Connection& connection : connections_) {
        next = std::min(next, connection.next(now));
    }
    if (trim_at_) {
        next = std::min(next, *trim_at_);
    }
    return events_.empty() ? next : now;
}

} // namespace gridbridge
