#include "drivers/stream/d0/d0_turns.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

D0SessionOptions asked(D0SessionOptions options) {
    options.mode = ReadoutMode::Request;
    return options;
}

// After `silent` turns without an answer.
std::chrono::seconds pause_after(unsigned silent) {
    constexpr unsigned most_doublings = 5;
    return std::min(D0Turns::longest_pause,
                    D0Turns::shortest_pause * (1U << std::min(silent - 1, most_doublings)));
}

} // namespace

D0Turns::D0Turns(std::vector<D0SessionOptions> devices) {
    devices_.reserve(devices.size());
    for (D0SessionOptions& options : devices) {
        devices_.push_back({D0Session(asked(std::move(options)))});
    }
}

void D0Turns::start(Clock::time_point now) {
    for (Device& device : devices_) {
        device.session.start(now);
        device.due = now;
        device.silent = 0;
    }
    turn_.reset();
    ended_.reset();
    rest_until_ = now;
    rest_at_most_ = now;
}

void D0Turns::received(std::span<const std::uint8_t> bytes, Clock::time_point now) {
    if (turn_) {
        devices_[*turn_].session.received(bytes, now);
    } else if (!bytes.empty()) {
        rest_until_ = std::max(rest_until_, std::min(now + gap_, rest_at_most_));
    }
}

std::optional<D0Action> D0Turns::next(Clock::time_point now) {
    if (turn_) {
        if (auto action = go_on(now)) {
            return action;
        }
    }
    return turn_ ? std::nullopt : begin(now);
}

std::optional<D0Action> D0Turns::go_on(Clock::time_point now) {
    D0Session& session = devices_[*turn_].session;
    auto action = session.next(now);
    if (!action && now - began_ >= longest_turn) {
        session.give_up(now);
    }
    if (!action && session.is_pausing()) {
        end(now);
    }
    return action;
}

void D0Turns::end(Clock::time_point now) {
    const std::size_t number = turn_.value_or(0);
    Device& device = devices_[number];
    const bool has_answered = device.session.failures() == 0;
    device.silent = has_answered ? 0 : device.silent + 1;
    device.due = device.session.wake_at();
    if (!has_answered) {
        device.due = std::max<Clock::time_point>(device.due, now + pause_after(device.silent));
    }
    gap_ = has_answered ? Clock::duration(rest) : Clock::duration(late_gap);
    rest_until_ = now + (has_answered ? Clock::duration(rest) : Clock::duration(late_answer));
    rest_at_most_ = now + longest_rest;
    turn_.reset();
    ended_ = {number, has_answered};
}

std::size_t D0Turns::next_device() const {
    const auto first = std::min_element(devices_.begin(), devices_.end(),
                                        [](const Device& a, const Device& b) { return a.due < b.due; });
    return static_cast<std::size_t>(first - devices_.begin());
}

std::optional<D0Action> D0Turns::begin(Clock::time_point now) {
    const std::size_t number = next_device();
    if (now < std::max(devices_[number].due, rest_until_)) {
        return std::nullopt;
    }
    turn_ = number;
    began_ = now;
    return devices_[number].session.next(now);
}

Clock::time_point D0Turns::wake_at() const {
    if (turn_) {
        return std::min<Clock::time_point>(devices_[*turn_].session.wake_at(), began_ + longest_turn);
    }
    return std::max(devices_[next_device()].due, rest_until_);
}

} // namespace gridbridge
