#include "mqtt/connection/client.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {

void ClientInbox::push(ClientEvent event) {
    state_.with([&](State& state) {
        auto& events = state.events;
        if (events.size() >= most_events) {
            const auto oldest = std::find_if(events.begin(), events.end(), [](const ClientEvent& queued) {
                return queued.kind == ClientEvent::Kind::Received;
            });
            if (oldest != events.end()) {
                events.erase(oldest);
                ++state.dropped;
            }
        }
        events.push_back(std::move(event));
    });
    wake_();
}

std::deque<ClientEvent> ClientInbox::drain() {
    return state_.with([](State& state) { return std::exchange(state.events, {}); });
}

unsigned long long ClientInbox::dropped() const {
    return state_.with([](const State& state) { return state.dropped; });
}

} // namespace gridbridge
