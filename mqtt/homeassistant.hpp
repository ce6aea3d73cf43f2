// The Home Assistant outlet: announces meters and their entities; the values are the Venus topics.
#pragma once

#include "mqtt/homeassistant_payload.hpp"
#include "mqtt/outlet.hpp"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

// Comes after OwnTopics in the list of outlets: availability must be said before it is announced.
class HomeAssistant : public Outlet {
  public:
    explicit HomeAssistant(HomeAssistantOptions options);

    void connected(Clock::time_point now, Messages& out) override;
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void described(const Meter& meter, Clock::time_point now, Messages& out) override;
    void gone(const Meter& meter, Messages& out) override;
    void forgotten(const std::string& serial, Messages& out) override;
    void request(const Message& message, Clock::time_point now, Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;
    bool takes_repeat(Clock::time_point now) override;
    std::vector<std::string> filters() const override { return {options_.prefix + "/status"}; }

  private:
    struct Device {
        Entities entities;
        std::uint32_t info_version = 0;
        std::string role;
        int instance = -1;
        std::string name;
        Discovery said; // an empty payload: withdrawn
        bool leaving = false;
        std::optional<Clock::time_point> leaves_at;
    };

    void announce(Device& device, const Discovery& discovery, Clock::time_point now, Messages& out);
    void say_later(Clock::time_point now);
    void say_due(Clock::time_point now, Messages& out);
    void withdraw_due(Clock::time_point now, Messages& out);
    void say(const Discovery& discovery, Clock::time_point now, Messages& out);

    HomeAssistantOptions options_;
    std::map<std::string, Device> devices_; // by discovery id
    std::deque<std::string> due_;           // devices to be said once more, one at a time
    Clock::time_point due_at_{};
    std::chrono::milliseconds due_pause_{0};
    std::optional<Clock::time_point> repeat_at_; // all values are said again
    bool repeat_now_ = false;
};

} // namespace gridbridge
