#include "mqtt/connection/link.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest_pause(250);
constexpr milliseconds longest_pause(30000);
constexpr milliseconds attempt_limit(60000); // a client that never answers counts as failed
constexpr int share_of_outage = 16;
constexpr std::chrono::seconds
    short_life(15); // longer than the pause: the suspicion lasts as long as the fight
constexpr milliseconds taken_over_pause(10000); // lets the other client work

} // namespace

Link::Link(std::size_t servers, std::function<double()> jitter)
    : servers_(servers), jitter_(std::move(jitter)) {}

std::optional<std::size_t> Link::due(Clock::time_point now) {
    if (state_ == State::Connecting && now >= attempt_at_ + attempt_limit) {
        failed(now);
    }
    if (state_ != State::Waiting || now < attempt_at_) {
        return std::nullopt;
    }
    state_ = State::Connecting;
    attempt_at_ = now;
    return server_;
}

void Link::connected(Clock::time_point now) {
    state_ = State::Up;
    up_at_ = now;
    down_since_.reset();
    tried_ = 0;
    ++connects_;
}

void Link::failed(Clock::time_point now) {
    const bool was_up = state_ == State::Up;
    state_ = State::Waiting;
    down_since_ = down_since_.value_or(now);
    if (was_up) {
        short_lives_ = now - up_at_ < short_life ? short_lives_ + 1 : 0;
    } else {
        short_lives_ = 0; // a broker that is gone meanwhile restarts
        server_ = (server_ + 1) % servers_;
        if (++tried_ < servers_) {
            attempt_at_ = now; // the next server at once
            return;
        }
        tried_ = 0;
    }
    const auto outage = std::chrono::duration_cast<milliseconds>(now - *down_since_);
    const auto shortest = looks_taken_over() ? taken_over_pause : shortest_pause;
    const auto pause = std::clamp(outage / share_of_outage, shortest, longest_pause);
    const double stretch = 0.8 + 0.4 * jitter_();
    attempt_at_ = now + milliseconds(static_cast<long long>(static_cast<double>(pause.count()) * stretch));
}

Clock::time_point Link::next(Clock::time_point now) const {
    switch (state_) {
    case State::Waiting:
        return attempt_at_;
    case State::Connecting:
        return attempt_at_ + attempt_limit;
    case State::Up:
        break;
    }
    return now + std::chrono::hours(1);
}

} // namespace gridbridge
