#include "mqtt/health_board.hpp"

#include <utility>

namespace gridbridge {
namespace {

constexpr std::chrono::milliseconds young(50);

} // namespace

std::optional<HealthView> HealthBoard::ask(std::chrono::milliseconds limit) {
    const auto asked_at = Clock::now();
    std::unique_lock lock(mutex_);
    const auto is_answered = [&] { return closed_ || (made_at_ && *made_at_ >= asked_at - young); };
    if (!is_answered()) {
        wanted_ = true;
        wake_(); // under the lock: never after close()
    }
    if (!changed_.wait_for(lock, limit, is_answered) || closed_) {
        return std::nullopt;
    }
    return view_;
}

void HealthBoard::put(HealthView view) {
    {
        const std::lock_guard lock(mutex_);
        std::swap(view_, view);
        made_at_ = Clock::now();
    }
    changed_.notify_all();
}

void HealthBoard::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_all();
}

void HealthOutlet::tick(Clock::time_point now, Messages& /*out*/) {
    started_ = started_.value_or(now);
    if (!board_.take_wanted()) {
        return;
    }
    HealthView view{options_.version, options_.commit, *started_, options_.broker(), {}};
    view.meters.reserve(meters_.size());
    for (const auto& [source, meter] : meters_) {
        view.meters.push_back(*meter);
    }
    board_.put(std::move(view));
}

} // namespace gridbridge
