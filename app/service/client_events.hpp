// Events of an MQTT client, waited for one by one: for conversations with a broker beside the service.
#pragma once

#include "drivers/waist/clock.hpp"
#include "drivers/waist/guarded.hpp"
#include "mqtt/connection/client.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

// One thread takes them; the client's own threads fill the inbox. Must outlive the client.
class ClientEvents {
  public:
    ClientInbox& inbox() { return inbox_; }

    // Nothing when none comes by then, or stop is requested.
    std::optional<ClientEvent> next(Clock::time_point deadline, const std::stop_token& stop = {}) {
        while (events_.empty()) {
            const bool is_new = news_.wait(
                deadline, stop, [](bool news) { return news; },
                [](bool& news) { return std::exchange(news, false); });
            events_ = inbox_.drain();
            if (!is_new && events_.empty()) {
                return std::nullopt;
            }
        }
        ClientEvent event = std::move(events_.front());
        events_.pop_front();
        return event;
    }

  private:
    Guarded<bool> news_;
    std::deque<ClientEvent> events_;
    ClientInbox inbox_{[this] { news_.change([](bool& is_new) { is_new = true; }); }};
};

// Waits until an attempt of the client on this server has ended. Empty: it is connected; else why not.
inline std::string connect_by(Clock::time_point deadline, MqttClient& client, ClientEvents& events,
                              std::size_t server, const std::vector<std::string>& filters) {
    client.connect(server, filters);
    while (const auto event = events.next(deadline)) {
        if (event->kind == ClientEvent::Kind::Connected) {
            return {};
        }
        if (event->kind == ClientEvent::Kind::Failed || event->kind == ClientEvent::Kind::Lost) {
            return event->text;
        }
    }
    return "it does not answer";
}

} // namespace gridbridge
