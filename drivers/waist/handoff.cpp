#include "drivers/waist/handoff.hpp"

#include "drivers/waist/progress.hpp"

#include <utility>

namespace gridbridge {

template <typename Change>
void Handoff::change(SourceId source, Wake wake, Change&& apply) {
    const auto note = [&](State& state) {
        MeterUpdate& update = state.news[source];
        update.source = source;
        apply(update);
        state.woken = state.woken || wake == Wake::Now;
    };
    if (wake == Wake::Now) {
        state_.change(note);
    } else {
        state_.with(note);
    }
}

void Handoff::announce(SourceId source, MeterInfo info) {
    change(source, Wake::Now, [&](MeterUpdate& update) { update.info = std::move(info); });
}

void Handoff::put(SourceId source, const Reading& reading, const MeterCounters& counters, Wake wake) {
    change(source, wake, [&](MeterUpdate& update) {
        update.reading = reading;
        update.lost.reset();
        update.counters = counters;
    });
}

void Handoff::lose(SourceId source, std::string reason, const MeterCounters& counters) {
    change(source, Wake::Now, [&](MeterUpdate& update) {
        update.reading.reset(); // a reading from before the loss must not be published after it
        update.telegram.reset();
        update.lost = std::move(reason);
        update.counters = counters;
    });
}

void Handoff::count(SourceId source, const MeterCounters& counters) {
    change(source, Wake::Later, [&](MeterUpdate& update) { update.counters = counters; });
}

void Handoff::keep(SourceId source, SharedTelegram telegram) {
    change(source, Wake::Later, [&](MeterUpdate& update) { update.telegram = std::move(telegram); });
}

void Handoff::wake() {
    state_.change([](State& state) { state.woken = true; });
}

bool Handoff::is_woken() const {
    return state_.with([](const State& state) { return state.woken; });
}

std::vector<MeterUpdate> Handoff::take(Clock::time_point deadline, const std::stop_token& stop) {
    const WaitingUntil waiting(deadline);
    auto news = state_.wait(
        deadline, stop, [](const State& state) { return state.woken; },
        [](State& state) {
            state.woken = false;
            return std::exchange(state.news, {});
        });
    std::vector<MeterUpdate> taken;
    taken.reserve(news.size());
    for (auto& [source, update] : news) {
        taken.push_back(std::move(update));
    }
    return taken;
}

} // namespace gridbridge
