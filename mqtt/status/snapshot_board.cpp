#include "mqtt/status/snapshot_board.hpp"

#include <utility>

namespace gridbridge {
namespace {

constexpr std::chrono::milliseconds young(50);
constexpr std::chrono::seconds kept(3); // longer than anybody waits for it

} // namespace

std::shared_ptr<const Snapshot> SnapshotBoard::ask(std::chrono::milliseconds limit) {
    const auto asked_at = Clock::now();
    const auto is_young = [&](const State& state) {
        return state.made_at && *state.made_at >= asked_at - young;
    };
    const auto count = state_.with([&](const State& state) {
        if (!state.is_closed && !is_young(state)) {
            wanted_ = true;
            wake_(); // under the lock: never after close()
        }
        return state.count;
    });
    const auto is_answered = [&](const State& state) {
        return state.is_closed || state.count != count || is_young(state);
    };
    return state_.wait(asked_at + limit, {}, is_answered, [&](const State& state) {
        return is_answered(state) && !state.is_closed ? state.snapshot : nullptr;
    });
}

bool SnapshotBoard::pause(std::chrono::milliseconds time) {
    const auto is_closed = [](const State& state) { return state.is_closed; };
    return !state_.wait(Clock::now() + time, {}, is_closed, is_closed);
}

void SnapshotBoard::put(Snapshot snapshot) {
    auto newest = std::make_shared<const Snapshot>(std::move(snapshot));
    state_.change([&](State& state) {
        std::swap(state.snapshot, newest); // the old one is freed outside the lock
        state.made_at = Clock::now();
        ++state.count;
    });
}

void SnapshotBoard::outdate() {
    state_.with([](State& state) { state.made_at.reset(); });
}

void SnapshotBoard::clear() {
    const auto old = state_.with([](State& state) {
        state.made_at.reset();
        return std::exchange(state.snapshot, nullptr);
    });
}

void SnapshotBoard::open() {
    state_.with([](State& state) { state.is_closed = false; });
}

void SnapshotBoard::close() {
    state_.change([](State& state) { state.is_closed = true; });
}

void SnapshotOutlet::tick(Clock::time_point now, Messages& /*out*/) {
    started_ = started_.value_or(now);
    if (board_.take_wanted()) {
        board_.put(snapshot_of(now));
        clear_at_ = now + kept;
    } else if (now >= clear_at_) {
        board_.clear();
        clear_at_ = Clock::time_point::max();
    }
}

Snapshot SnapshotOutlet::snapshot_of(Clock::time_point now) const {
    Snapshot snapshot{options_.version,
                      options_.commit,
                      started_.value_or(now),
                      options_.broker ? options_.broker() : BrokerHealth{},
                      {}};
    if (options_.problems) {
        snapshot.problems = options_.problems();
    }
    if (options_.remarks) {
        snapshot.remarks = options_.remarks();
    }
    if (options_.connections) {
        snapshot.connections = options_.connections();
    }
    if (options_.sinks) {
        snapshot.sinks = options_.sinks();
    }
    if (options_.add_findings) {
        options_.add_findings(snapshot);
    }
    snapshot.meters.reserve(meters_.size());
    for (const auto& [source, meter] : meters_) {
        snapshot.meters.push_back(*meter);
    }
    return snapshot;
}

} // namespace gridbridge
