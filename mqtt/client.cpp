#include "mqtt/client.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {

void ClientInbox::push(ClientEvent event) {
    {
        const std::lock_guard lock(mutex_);
        if (events_.size() >= most_events) {
            const auto oldest = std::find_if(events_.begin(), events_.end(), [](const ClientEvent& queued) {
                return queued.kind == ClientEvent::Kind::Received;
            });
            if (oldest != events_.end()) {
                events_.erase(oldest);
                ++dropped_;
            }
        }
        events_.push_back(std::move(event));
    }
    wake_();
}

std::deque<ClientEvent> ClientInbox::drain() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
}

unsigned long long ClientInbox::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

} // namespace gridbridge
