// The bridge's own topics: `gridbridge/<portal>/status`, `/info`, `/health`, `/log_level/set`, and `/status`
// and
// `/health` of each meter below `/meter/<serial>`.
#pragma once

#include "mqtt/health.hpp"
#include "mqtt/outlet.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct OwnTopicsOptions {
    std::string portal_id;
    std::string version;
    std::string commit;
    std::string config_digest;
    std::function<BrokerHealth()> broker;                     // called on the publisher thread
    std::function<void(std::string_view name)> set_log_level; // what arrived on log_level/set; may be empty
    // Asked when leaving: whether the meter will not be followed any more, so that its status is cleared and
    // not `offline`; may be empty.
    std::function<bool(const MeterConfig&)> is_dismissed;
};

std::string status_topic(const std::string& portal_id); // last will
// `.../status` and `.../health` of one meter are below it.
std::string meter_topic(const std::string& portal_id, const std::string& serial);

class OwnTopics : public Outlet {
  public:
    explicit OwnTopics(OwnTopicsOptions options);

    void added(const Meter& meter) override;
    void connected(Clock::time_point now, Messages& out) override;
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void lost(const Meter& meter, Clock::time_point now, Messages& out) override;
    void gone(const Meter& meter, Messages& out) override;
    void forgotten(const std::string& serial, Messages& out) override;
    void described(const Meter& meter, Clock::time_point now, Messages& out) override;
    void request(const Message& message, Clock::time_point now, Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;
    void repeat(Clock::time_point now, Messages& out) override { say_health(now, out); }
    void leave(Messages& out) override;
    std::vector<std::string> filters() const override;

  private:
    struct Known {
        const Meter* meter;
        std::string topic; // `gridbridge/<portal>/meter/<serial>`; empty until the serial number is known
        bool online = false;
        std::uint32_t info_version = 0;
    };
    void say_online(Known& known, bool online, Messages& out) const;
    void say_info(Messages& out) const;
    void say_health(Clock::time_point now, Messages& out);

    OwnTopicsOptions options_;
    std::string prefix_; // "gridbridge/<portal>/"
    std::map<SourceId, Known> meters_;
    Clock::time_point health_at_{};
    std::optional<Clock::time_point> started_;
};

} // namespace gridbridge
