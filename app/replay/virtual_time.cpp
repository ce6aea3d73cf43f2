#include "app/replay/virtual_time.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {

bool VirtualTime::Turns::sleep_until(Clock::time_point deadline, const std::stop_token& stop) {
    if (stop.stop_requested()) {
        return false;
    }
    wakes_at_ = whole_microsecond(deadline);
    Turns* const next = time_.after_one_has_run();
    if (next != this) {
        time_.give_turn(next);
        await_turn();
    }
    return !stop.stop_requested();
}

void VirtualTime::Turns::end() {
    has_ended_ = true;
    time_.give_turn(time_.after_one_has_run());
}

VirtualTime::VirtualTime(Clock::time_point start) : now_(whole_microsecond(start)) {}

VirtualTime::~VirtualTime() {
    stop();
}

void VirtualTime::add(std::function<void(const std::stop_token& stop)> work) {
    auto turns = std::make_unique<Turns>(*this);
    std::jthread thread([&turns = *turns, work = std::move(work)](const std::stop_token& stop) {
        turns.await_turn();
        const WithTime with(turns);
        work(stop);
        turns.end();
    });
    members_.push_back({std::move(turns), std::move(thread)});
}

VirtualTime::Turns* VirtualTime::first_to_wake() {
    Turns* first = nullptr;
    for (const Member& member : members_) {
        const bool is_sooner = first == nullptr || member.turns->wakes_at() < first->wakes_at();
        first = !member.turns->has_ended() && is_sooner ? member.turns.get() : first;
    }
    return first;
}

// Nobody: it is `until_`.
VirtualTime::Turns* VirtualTime::next_to_run() {
    while (true) {
        Turns* const next = first_to_wake();
        const auto wakes_at = next == nullptr ? Clock::time_point::max() : next->wakes_at();
        const auto happens_at = std::min(wakes_at, step_at_);
        if (happens_at >= until_) {
            return nullptr;
        }
        now_ = std::max(now_, happens_at);
        if (wakes_at <= step_at_) {
            return next;
        }
        step_at_ = whole_microsecond((*step_)(now_));
    }
}

// Nobody: the thread that made it goes on. At the beginning it is the one that has run.
VirtualTime::Turns* VirtualTime::after_one_has_run() {
    if (step_ == nullptr) {
        return nullptr;
    }
    try {
        const WithTime with(own_);
        step_at_ = whole_microsecond((*step_)(now_));
        return next_to_run();
    } catch (...) {
        failure_ = std::current_exception();
        return nullptr;
    }
}

void VirtualTime::give_turn(Turns* to) {
    to == nullptr ? turn_.release() : to->give_turn();
}

void VirtualTime::run(Clock::time_point until, const Step& step) {
    until_ = until;
    step_ = &step;
    if (Turns* const first = after_one_has_run(); first != nullptr) {
        first->give_turn();
        turn_.acquire();
    }
    step_ = nullptr;
    if (failure_) {
        std::rethrow_exception(std::exchange(failure_, nullptr));
    }
    now_ = std::max(now_, until == Clock::time_point::max() ? now_ : until);
}

void VirtualTime::stop() {
    for (Member& member : members_) {
        member.thread.request_stop();
    }
    for (const Member& member : members_) {
        while (!member.turns->has_ended()) {
            member.turns->give_turn();
            turn_.acquire();
        }
    }
    members_.clear();
}

} // namespace gridbridge
