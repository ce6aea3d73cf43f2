#include "app/replay/virtual_time.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {

bool VirtualTime::Turns::sleep_until(Clock::time_point deadline, const std::stop_token& stop) {
    if (stop.stop_requested()) {
        return false;
    }
    wakes_at_ = deadline;
    shared_.turn.release();
    turn_.acquire();
    return !stop.stop_requested();
}

void VirtualTime::Turns::give_turn() {
    turn_.release();
    shared_.turn.acquire();
}

void VirtualTime::Turns::end() {
    has_ended_ = true;
    shared_.turn.release();
}

VirtualTime::VirtualTime(Clock::time_point start) {
    shared_.now = start;
}

VirtualTime::~VirtualTime() {
    stop();
}

void VirtualTime::add(std::function<void(const std::stop_token& stop)> work) {
    auto turns = std::make_unique<Turns>(shared_);
    std::jthread thread([&turns = *turns, work = std::move(work)](const std::stop_token& stop) {
        turns.await_turn();
        const WithTime with(turns);
        work(stop);
        turns.end();
    });
    members_.push_back({std::move(turns), std::move(thread)});
}

VirtualTime::Member* VirtualTime::first_to_wake() {
    Member* first = nullptr;
    for (Member& member : members_) {
        const bool is_sooner = first == nullptr || member.turns->wakes_at() < first->turns->wakes_at();
        first = !member.turns->has_ended() && is_sooner ? &member : first;
    }
    return first;
}

void VirtualTime::run(Clock::time_point until, const Step& step) {
    auto step_at = step(shared_.now);
    while (true) {
        Member* const next = first_to_wake();
        const auto wakes_at = next == nullptr ? Clock::time_point::max() : next->turns->wakes_at();
        const auto happens_at = std::min(wakes_at, step_at);
        if (happens_at >= until) {
            break;
        }
        shared_.now = std::max(shared_.now, happens_at);
        if (wakes_at <= step_at) {
            next->turns->give_turn();
        }
        step_at = step(shared_.now);
    }
    shared_.now = std::max(shared_.now, until == Clock::time_point::max() ? shared_.now : until);
}

void VirtualTime::stop() {
    for (Member& member : members_) {
        member.thread.request_stop();
    }
    for (Member& member : members_) {
        while (!member.turns->has_ended()) {
            member.turns->give_turn();
        }
    }
    members_.clear();
}

} // namespace gridbridge
