// The Home Assistant outlet: announces meters and their entities; the values come from MeterStates.
#pragma once

#include "mqtt/homeassistant/homeassistant_payload.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gridbridge {

// Where Home Assistant says that it has started, whatever its discovery prefix is.
inline constexpr const char* birth_topic = "homeassistant/status";

// A device is withdrawn only when its meter was exchanged or is no longer configured: whoever is away is
// unavailable, and keeps the names, areas and entity ids that its user gave it. Comes after OwnTopics in the
// list of outlets: availability must be said before it is announced.
class HomeAssistant : public Outlet,
                      public Timed,
                      public ClientListener,
                      public DescriptionListener,
                      public RepeatCaller {
  public:
    explicit HomeAssistant(HomeAssistantOptions options);

    void connected(Clock::time_point now, Messages& out) override;
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void described(const Meter& meter, Clock::time_point now, Messages& out) override;
    void forgotten(const std::string& serial, Messages& out) override;
    void respelled(const std::string& /*former*/, Messages& /*out*/) override {} // the discovery stays
    void request(const Message& message, Clock::time_point now, Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;
    bool takes_repeat(Clock::time_point now) override;
    std::vector<std::string> filters() const override { return {birth_topic}; }

  private:
    // What an announcement is made of: a fraction of its texts, which are made again when they are needed.
    struct Announced {
        MeterInfo info;
        std::string device_id, role, name;
        int instance = -1;
        Entities entities;
    };
    struct Device {
        std::optional<Announced> announced; // nothing: withdrawn
        std::uint32_t info_version = 0;
        std::set<std::string> withdrawn; // topics said before, with an empty payload at last
    };

    Discovery discovery_of(const Device& device) const;
    void announce(const std::string& id, std::optional<Announced> announced, Clock::time_point now,
                  Messages& out);
    bool may_announce(Clock::time_point now);
    void publish_later(Clock::time_point now);
    void publish_due(Clock::time_point now, Messages& out);
    void withdraw_due(Clock::time_point now, Messages& out);
    void publish(const Discovery& discovery, Clock::time_point now, Messages& out);

    HomeAssistantOptions options_;
    std::map<std::string, Device> devices_;                           // by discovery id
    std::map<std::string, std::optional<Clock::time_point>> leaving_; // devices that leave, and when
    std::deque<std::string> due_; // devices to be said once more, one at a time
    Clock::time_point due_at_{};
    Clock::time_point announced_at_{}; // first of those announced at once
    int at_once_ = 0;                  // since then
    std::chrono::milliseconds due_pause_{0};
    std::optional<Clock::time_point> repeat_at_; // all values are said again
    bool repeat_now_ = false;
};

} // namespace gridbridge
