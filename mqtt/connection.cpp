#include "mqtt/connection.hpp"

#include "mqtt/broker_errors.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto resync_pause = 500ms;
constexpr auto repeat_failure = 60s; // the same failure is logged again after this
constexpr auto drop_limit = 250ms;

} // namespace

bool Connection::take(const ClientEvent& event, Clock::time_point now) {
    const std::string server = parts_.server_names.at(parts_.link.server());
    if (event.kind == ClientEvent::Kind::Denied) {
        log_(LogLevel::Warn, parts_.section,
             server + ": a subscription was refused: reads, writes and keepalives will not work; check "
                      "the broker's access rules");
        return false;
    }
    if (event.kind == ClientEvent::Kind::Connected) {
        parts_.link.connected(now);
        log_(LogLevel::Info, parts_.section, "connected to " + server);
        if (!parts_.link.looks_taken_over()) {
            last_failure_.clear();
        }
        return true;
    }
    parts_.link.failed(now);
    const bool lost = event.kind == ClientEvent::Kind::Lost;
    const std::string reason =
        lost && parts_.link.looks_taken_over() ? suspect_take_over(parts_.client_id) : event.text;
    say_failure((lost ? "lost " : "cannot connect to ") + server + ": " + in_section(reason), now);
    return false;
}

// The advice of the client names the keys of [mqtt]; another section has the same keys.
std::string Connection::in_section(std::string text) const {
    constexpr std::string_view main_section = "[mqtt]";
    for (auto at = text.find(main_section); at != std::string::npos; at = text.find(main_section, at + 1)) {
        text.replace(at + 1, main_section.size() - 2, parts_.section);
    }
    return text;
}

void Connection::say_failure(const std::string& failure, Clock::time_point now) {
    ++failures_;
    if (failure != last_failure_ || now - failure_logged_at_ >= repeat_failure) {
        log_(LogLevel::Warn, parts_.section,
             failure + "; trying again for ever (failure " + std::to_string(failures_) + ")");
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

void Connection::send(const Message& message) {
    if (!parts_.client.publish(message)) {
        resync_ = true;
        ++dropped_;
    }
}

bool Connection::take_resync() {
    return std::exchange(resync_, false);
}

void Connection::drop(Clock::time_point now) {
    if (!up()) {
        return;
    }
    if (!parts_.farewell.topic.empty()) {
        send(parts_.farewell);
    }
    parts_.client.disconnect(drop_limit);
    parts_.link.failed(now);
}

Clock::time_point Connection::next(Clock::time_point now) const {
    const auto next = parts_.link.next(now);
    return resync_ ? std::min(next, now + resync_pause) : next;
}

} // namespace gridbridge
