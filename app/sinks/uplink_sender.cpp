#include "app/sinks/uplink_sender.hpp"

#include "mqtt/connection/broker_errors.hpp"
#include "mqtt/sinks/fleet_payload.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::hours look_around_every(1);
constexpr std::size_t most_bytes = 256'000; // read from the queue at once
constexpr auto clock_look = 5s;             // while nobody has set the clock
constexpr auto full_pause = 100ms;          // the client takes nothing
constexpr auto leave_limit = 200ms;

} // namespace

UplinkSender::UplinkSender(std::shared_ptr<SinkShared> shared, UplinkOptions options)
    : shared_(std::move(shared)), options_(std::move(options)), inbox_([with = std::weak_ptr(shared_)] {
          if (const auto there = with.lock()) {
              there->wake_sender();
          }
      }),
      link_(options_.servers.size(), options_.jitter), client_(options_.make_client(inbox_)) {}

Clock::time_point UplinkSender::step(Clock::time_point now, const std::stop_token& /*stop*/) {
    take_events(now);
    if (options_.look_around && now >= look_around_at_) {
        look_around_at_ = now + look_around_every;
        options_.look_around();
    }
    if (const auto server = link_.due(now)) {
        client_->connect(*server, {});
    }
    is_full_ = false;
    if (link_.up()) {
        send_states();
        send_points(now);
        if (!under_way_.empty() && now - moved_at_ > options_.acknowledged_within) {
            client_->abort();
            went_down("it acknowledges nothing: is it overloaded, or may this user not publish to fleet/#?",
                      now);
        }
    }
    const auto next = std::min<Clock::time_point>(link_.next(now), now + clock_look);
    return is_full_ ? std::min<Clock::time_point>(next, now + full_pause) : next;
}

void UplinkSender::take_events(Clock::time_point now) {
    for (const ClientEvent& event : inbox_.drain()) {
        take(event, now);
    }
    advance();
}

void UplinkSender::take(const ClientEvent& event, Clock::time_point now) {
    switch (event.kind) {
    case ClientEvent::Kind::Connected:
        came_up(now);
        break;
    case ClientEvent::Kind::Failed:
    case ClientEvent::Kind::Lost:
        went_down(in_words_of(words_of_uplink, event.text), now);
        break;
    case ClientEvent::Kind::Denied: // MQTT 5; it will not be taken the next time either
        if (event.message.tag != 0) {
            shared_->health.with([&](SinkHealth& health) {
                ++health.refused;
                health.remark = "the broker refuses what is published to " + event.message.topic +
                                ": give the user the right to publish to fleet/" + options_.portal_id + "/#";
            });
        }
        [[fallthrough]];
    case ClientEvent::Kind::Delivered:
        acknowledged(event.message.tag, now);
        break;
    case ClientEvent::Kind::Received:
    case ClientEvent::Kind::Echo:
    case ClientEvent::Kind::TooLarge:
        break;
    }
}

void UplinkSender::came_up(Clock::time_point now) {
    link_.connected(now);
    told_.clear();
    told_version_ = 0;
    under_way_.clear();
    moved_at_ = now;
    shared_->queue.with([](std::unique_ptr<SinkQueue>& queue) {
        if (queue) {
            queue->rewind();
        }
    });
    shared_->health.with([](SinkHealth& health) { health.connected = true; });
    say({});
}

void UplinkSender::went_down(const std::string& problem, Clock::time_point now) {
    const std::string server = options_.servers.at(link_.server());
    const bool was_up = link_.up();
    advance(); // what was acknowledged before
    link_.failed(now);
    under_way_.clear();
    shared_->health.with([](SinkHealth& health) { health.connected = false; });
    say((was_up ? "lost " : "cannot connect to ") + server + ": " + problem);
}

void UplinkSender::acknowledged(std::uintptr_t seq, Clock::time_point now) {
    const auto known = std::find_if(under_way_.begin(), under_way_.end(), [&](const UnderWay& one) {
        return static_cast<std::uintptr_t>(one.after.seq) == seq && one.is_point;
    });
    if (known != under_way_.end()) {
        known->is_acknowledged = true;
        moved_at_ = now;
    }
}

// Brokers need not acknowledge in order: the queue is left up to the first that is missing.
void UplinkSender::advance() {
    std::uint64_t sent = 0;
    std::uint64_t untimed = 0;
    QueueCursor after;
    while (!under_way_.empty() && under_way_.front().is_acknowledged) {
        after = under_way_.front().after;
        sent += under_way_.front().is_point ? 1U : 0U;
        untimed += under_way_.front().is_point ? 0U : 1U;
        under_way_.pop_front();
    }
    if (sent + untimed == 0) {
        return;
    }
    shared_->queue.with([&](std::unique_ptr<SinkQueue>& queue) { queue->acknowledge(after); });
    shared_->health.with([&](SinkHealth& health) {
        health.sent += sent;
        health.untimed += untimed;
    });
    shared_->count();
}

void UplinkSender::send_states() {
    const PointBox::States states = shared_->box->states();
    if (states.version == told_version_) {
        return;
    }
    for (const auto& [name, text] : states.newest) {
        const auto told = told_.find(name);
        if (told != told_.end() && told->second == text) {
            continue;
        }
        Message message{fleet_state_topic(options_.portal_id, name), text};
        message.qos = 1;
        if (client_->publish(message) == Sent::Later) {
            is_full_ = true;
            return;
        }
        told_[name] = text;
    }
    told_version_ = states.version;
}

void UplinkSender::send_points(Clock::time_point now) {
    shared_->queue.with([&](std::unique_ptr<SinkQueue>& queue) {
        if (!queue) {
            return;
        }
        if (!stamps_) {
            stamps_.emplace(shared_->boot, queue->store());
            run_ = queue->run();
        }
        while (under_way_.size() < options_.window && !is_full_) {
            const QueueCursor before = queue->cursor();
            const auto taken = queue->read(options_.window - under_way_.size(), most_bytes);
            if (taken.empty()) {
                return;
            }
            const QueueCursor* stopped_at = &before;
            for (const TakenPoint& one : taken) {
                const Stamp stamp = stamps_->of(one.point, shared_->wall_minus_steady_ms(), queue->store());
                if (stamp.kind == Stamp::Kind::NotYet || !send_point(one, stamp, now)) {
                    queue->go_to(*stopped_at);
                    return;
                }
                stopped_at = &one.after;
            }
        }
    });
    advance();
}

// False: the client takes nothing now.
bool UplinkSender::send_point(const TakenPoint& taken, const Stamp& stamp, Clock::time_point now) {
    const bool has_time = stamp.kind == Stamp::Kind::Known;
    Sent sent = Sent::Taken;
    if (has_time) {
        Message message{fleet_reading_topic(options_.portal_id, taken.point.place),
                        fleet_reading(taken.point, stamp.unix_ms, run_)};
        message.qos = 1;
        message.tag = static_cast<std::uintptr_t>(taken.point.seq);
        sent = client_->publish(message);
    }
    if (sent == Sent::Later) {
        is_full_ = true;
        return false;
    }
    moved_at_ = under_way_.empty() ? now : moved_at_;
    under_way_.push_back({taken.after, !has_time || sent == Sent::Refused, has_time});
    return true;
}

void UplinkSender::say(const std::string& problem) {
    shared_->health.with([&](SinkHealth& health) { health.problem = problem; });
    if (std::exchange(said_, problem) == problem) {
        return;
    }
    if (problem.empty()) {
        shared_->log(LogLevel::Info, shared_->name, "connected to " + options_.servers.at(link_.server()));
    } else {
        shared_->log(LogLevel::Warn, shared_->name, problem);
    }
}

void UplinkSender::leave() {
    client_->disconnect(leave_limit);
}

} // namespace gridbridge
