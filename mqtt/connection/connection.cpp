#include "mqtt/connection/connection.hpp"

#include "mqtt/connection/broker_errors.hpp"
#include "mqtt/outlet/payload.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto resync_pause = 500ms;
constexpr auto repeat_failure = 60s; // the same failure is logged again after this
constexpr auto flush_pause = 5ms;    // between two looks at a line that is being filled
constexpr auto held_pause = 100ms;   // and at one that takes nothing
constexpr auto echo_period = 1s;
constexpr std::size_t overhead = 10; // bytes of a PUBLISH beside topic and payload; with TLS somewhat more
constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

} // namespace

bool Connection::take(const ClientEvent& event, Clock::time_point now) {
    const std::string server = parts_.server_names.at(parts_.link.server());
    switch (event.kind) {
    case ClientEvent::Kind::Denied:
        log_denied(server, event.message.topic);
        return false;
    case ClientEvent::Kind::TooLarge:
        if (event.message.topic != too_large_topic_) {
            too_large_topic_ = event.message.topic;
            log_(LogLevel::Warn, parts_.section,
                 "a message on " + json_text(too_large_topic_) + " is too large: refused; " + event.text);
        }
        return false;
    case ClientEvent::Kind::Connected:
        came_up(server, now);
        return true;
    case ClientEvent::Kind::Echo:
        echo_asked_ = false;
        window_.await_echo(std::nullopt);
        return false;
    case ClientEvent::Kind::Lost:
        if (up()) { // else it was given up before
            parts_.link.failed(now);
            log_failure("lost " + server + ": " +
                            in_our_words(parts_.link.looks_taken_over() && event.text == explain_loss(0)
                                             ? suspect_take_over(parts_.client_id)
                                             : event.text),
                        now);
        }
        return false;
    case ClientEvent::Kind::Failed:
        parts_.link.failed(now);
        log_failure("cannot connect to " + server + ": " + in_our_words(event.text), now);
        return false;
    case ClientEvent::Kind::Received:
    case ClientEvent::Kind::Delivered:
        break;
    }
    return false;
}

void Connection::came_up(const std::string& server, Clock::time_point now) {
    parts_.link.connected(now);
    outbox_.clear(); // everything is published anew, nothing twice
    window_.reset();
    credit_ = window_.allowance(now);
    sent_since_echo_ = false;
    echo_asked_ = false;
    echo_due_ = now + echo_period;
    log_(LogLevel::Info, parts_.section, "connected to " + server);
    if (!parts_.link.looks_taken_over()) {
        last_failure_.clear();
    }
}

void Connection::log_denied(const std::string& server, const std::string& topic) {
    if (topic.empty()) {
        log_(LogLevel::Warn, parts_.section,
             server + ": a subscription was refused: reads, writes and keepalives will not work; check "
                      "the broker's access rules");
    } else if (topic != denied_topic_) {
        denied_topic_ = topic;
        log_(LogLevel::Warn, parts_.section,
             server + ": a message to " + json_text(topic) + " was refused: check the broker's access rules");
    }
}

std::string Connection::in_our_words(std::string text) const {
    return parts_.section == "gx" ? in_words_of(words_of_gx, std::move(text)) : text;
}

void Connection::log_failure(const std::string& failure, Clock::time_point now) {
    ++failures_;
    if (failure != last_failure_ || now - failure_logged_at_ >= repeat_failure) {
        log_(LogLevel::Warn, parts_.section,
             failure + "; still trying (failure " + std::to_string(failures_) + ")");
        last_failure_ = failure;
        failure_logged_at_ = now;
    }
}

void Connection::connect_when_due(Clock::time_point now,
                                  const std::function<std::vector<std::string>()>& filters) {
    if (const auto server = parts_.link.due(now)) {
        parts_.client.connect(*server, filters());
    }
}

// Straight on while the line keeps up; only behind something that waits does a newer message replace an older
// one. What waited in the client when it was looked at last may have left it since: what is handed over now
// must not seem as old.
void Connection::send(Message message, Clock::time_point now) {
    if (window_.is_queued() && looked_at_ != now) {
        window_.observe(parts_.client.backlog(), now);
        looked_at_ = now;
    }
    const bool is_sent = !message.takes_back && outbox_.empty() && credit_ > 0 && hand_over(message, now);
    if (is_sent) {
        return;
    }
    if (!outbox_.put(std::move(message))) {
        resync_ = true;
        ++dropped_;
    }
}

void Connection::flush(Clock::time_point now) {
    if (!up()) {
        return;
    }
    window_.observe(parts_.client.backlog(), now);
    if (ends_a_dead_one(now)) {
        return;
    }
    credit_ = window_.allowance(now);
    hand_over_waiting(now);
    ask_echo_when_due(now);
}

bool Connection::ends_a_dead_one(Clock::time_point now) {
    const auto patience = parts_.keepalive * 3 / 2;
    std::string reason;
    if (window_.echo_lag(now) > patience) {
        reason = "the broker has not answered for " + std::to_string(patience.count()) +
                 " s: it is frozen, overloaded, or the network is gone";
    } else if (window_.is_hopeless(now)) {
        reason = "the network to the broker does not move: what waits in it is too old to be of use";
    } else {
        return false;
    }
    log_failure("lost " + parts_.server_names.at(parts_.link.server()) + ": " + reason, now);
    parts_.client.abort();
    parts_.link.failed(now);
    outbox_.clear();
    return true;
}

// False: it must wait.
bool Connection::hand_over(const Message& message, Clock::time_point now) {
    const std::size_t bytes = message.topic.size() + message.payload.size() + overhead;
    const bool first_of_slow = !sent_since_echo_; // one larger than the line's share must go too
    if (bytes > credit_ && !first_of_slow) {
        return false;
    }
    switch (parts_.client.publish(message)) {
    case Sent::Later:
        return false;
    case Sent::Refused:
        ++dropped_;
        log_refused(message);
        break;
    case Sent::Taken:
        window_.handed_over(now);
        sent_since_echo_ = true;
        break;
    }
    credit_ -= std::min(credit_, bytes);
    return true;
}

void Connection::hand_over_waiting(Clock::time_point now) {
    while (!outbox_.empty() && credit_ > 0 && hand_over(outbox_.front(), now)) {
        outbox_.pop();
    }
}

void Connection::log_refused(const Message& message) {
    if (message.topic != refused_topic_) {
        refused_topic_ = message.topic;
        log_(LogLevel::Error, parts_.section,
             "a message to " + json_text(message.topic) +
                 " was left out: its topic is no valid text; please report the meter that caused it");
    }
}

// Data that the other machine has acknowledged may still wait in a broker that stands still; its answer comes
// after all of it.
void Connection::ask_echo_when_due(Clock::time_point now) {
    if (!echo_asked_ && sent_since_echo_ && now >= echo_due_) {
        await_echo(now);
    }
}

bool Connection::await_echo(Clock::time_point now) {
    if (!parts_.client.ask_echo()) {
        return false;
    }
    echo_asked_ = true;
    sent_since_echo_ = false;
    echo_due_ = now + echo_period;
    window_.await_echo(now);
    return true;
}

Clock::duration Connection::lag(Clock::time_point now) const {
    return up() ? std::max(window_.age(now), window_.echo_lag(now)) : Clock::duration::zero();
}

bool Connection::take_resync() {
    return std::exchange(resync_, false);
}

void Connection::drop(Clock::time_point now) {
    if (!up()) {
        return;
    }
    if (!parts_.farewell.topic.empty()) {
        send(parts_.farewell, now);
        credit_ = no_limit;
        hand_over_waiting(now);
    }
    parts_.client.disconnect(0ms);
    parts_.link.failed(now);
}

void Connection::leave(std::chrono::milliseconds limit) {
    credit_ = no_limit;
    hand_over_waiting(Clock::now());
    parts_.client.disconnect(limit);
}

Clock::time_point Connection::next(Clock::time_point now) const {
    auto next = parts_.link.next(now);
    if (resync_) {
        next = std::min(next, now + resync_pause);
    }
    if (up() && !outbox_.empty()) {
        next =
            std::min<Clock::time_point>(next, now + (window_.allowance(now) > 0 ? flush_pause : held_pause));
    }
    if (up() && echo_asked_) { // to notice the broker that does not answer
        next = std::min<Clock::time_point>(next, now + echo_period);
    }
    return next;
}

} // namespace gridbridge
