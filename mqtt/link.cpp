#include "mqtt/link.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest_pause(250);
constexpr milliseconds longest_pause(30000);
constexpr milliseconds attempt_limit(15000); // a client that never answers counts as failed
constexpr int share_of_outage = 16;

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

void Link::connected() {
    state_ = State::Up;
    down_since_.reset();
    tried_ = 0;
    ++connects_;
}

void Link::failed(Clock::time_point now) {
    const bool was_up = state_ == State::Up;
    state_ = State::Waiting;
    down_since_ = down_since_.value_or(now);
    if (!was_up) {
        server_ = (server_ + 1) % servers_;
        if (++tried_ < servers_) {
            attempt_at_ = now; // the next server at once
            return;
        }
        tried_ = 0;
    }
    const auto outage = std::chrono::duration_cast<milliseconds>(now - *down_since_);
    const auto pause = std::clamp(outage / share_of_outage, shortest_pause, longest_pause);
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
