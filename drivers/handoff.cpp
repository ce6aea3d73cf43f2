#include "drivers/handoff.hpp"

#include "drivers/progress.hpp"

#include <utility>

namespace gridbridge {

template <typename Change>
void Handoff::change(SourceId source, bool notify, Change&& apply) {
    {
        const std::lock_guard lock(mutex_);
        MeterUpdate& update = news_[source];
        update.source = source;
        apply(update);
        woken_ = woken_ || notify;
    }
    if (notify) {
        ready_.notify_one();
    }
}

void Handoff::announce(SourceId source, MeterInfo info) {
    change(source, true, [&](MeterUpdate& update) { update.info = std::move(info); });
}

void Handoff::put(SourceId source, const Reading& reading, const MeterCounters& counters) {
    change(source, true, [&](MeterUpdate& update) {
        update.reading = reading;
        update.lost.reset();
        update.counters = counters;
    });
}

void Handoff::lose(SourceId source, std::string reason, const MeterCounters& counters) {
    change(source, true, [&](MeterUpdate& update) {
        update.reading.reset(); // a reading from before the loss must not be published after it
        update.telegram.reset();
        update.lost = std::move(reason);
        update.counters = counters;
    });
}

void Handoff::count(SourceId source, const MeterCounters& counters) {
    change(source, false, [&](MeterUpdate& update) { update.counters = counters; });
}

void Handoff::keep(SourceId source, SharedTelegram telegram) {
    change(source, false, [&](MeterUpdate& update) { update.telegram = std::move(telegram); });
}

void Handoff::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    ready_.notify_one();
}

std::vector<MeterUpdate> Handoff::take(Clock::time_point deadline, const std::stop_token& stop) {
    std::vector<MeterUpdate> taken;
    std::unique_lock lock(mutex_);
    const WaitingUntil waiting(deadline);
    ready_.wait_until(lock, stop, deadline, [this] { return woken_; });
    woken_ = false;
    taken.reserve(news_.size());
    for (auto& [source, update] : news_) {
        taken.push_back(std::move(update));
    }
    news_.clear();
    return taken;
}

} // namespace gridbridge
