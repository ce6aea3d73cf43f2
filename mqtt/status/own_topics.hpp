// The bridge's own topics: `gridbridge/<portal>/status`, `/info`, `/health`, `/log_level/set`, `/forget`, and
// `/status` and `/health` of each meter below `/meter/<serial>`.
#pragma once

#include "mqtt/outlet/outlet.hpp"
#include "mqtt/status/health.hpp"
#include "mqtt/status/other_services.hpp"

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
    // Called on the publisher thread; may be empty.
    std::function<BrokerHealth()> broker;
    std::function<std::vector<std::string>()> problems;
    std::function<std::vector<std::string>()> remarks;
    std::function<std::string()> service_id;                  // in `info`
    std::function<void(std::string_view name)> set_log_level; // what arrived on log_level/set; may be empty
    // Asked when leaving: whether the meter will not be followed any more, so that its status is cleared and
    // not `offline`; may be empty.
    std::function<bool(const MeterConfig&)> is_dismissed;
    // Called when another service is heard under our portal id, with what is wrong, for people; empty: it is
    // gone. May be empty.
    std::function<void(std::string problem)> other_service;
    std::function<std::vector<SinkHealth>()> sinks = {}; // may be empty
};

class OwnTopics : public Outlet,
                  public Timed,
                  public ClientListener,
                  public RetainedListener,
                  public DescriptionListener,
                  public ForgetListener,
                  public Repeater {
  public:
    explicit OwnTopics(OwnTopicsOptions options);

    void added(const Meter& meter) override;
    void connected(Clock::time_point now, Messages& out) override;
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void lost(const Meter& meter, Clock::time_point now, Messages& out) override;
    void gone(const Meter& meter, Messages& out) override;
    void forgotten(const std::string& serial, Messages& out) override;
    void remembered(const std::string& serial, Messages& out) override;
    void described(const Meter& meter, Clock::time_point now, Messages& out) override;
    void request(const Message& message, Clock::time_point now, Messages& out) override;
    std::optional<std::string> forget_request(const Message& message) const override;
    void forget_answer(const ForgetAnswer& answer, Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;
    void repeat(Clock::time_point now, Messages& out) override { publish_health(now, out); }
    void leave(Messages& out) override;
    std::vector<std::string> filters() const override;
    std::vector<std::string> retained_filters(const std::vector<RememberedMeter>& /*remembered*/) override {
        return {};
    }
    void retained(const Message& message, Clock::time_point now) override;
    std::vector<std::string> take_left_filters() override { return {}; }

  private:
    struct Known {
        const Meter* meter;
        std::string topic; // `gridbridge/<portal>/meter/<serial>`; empty until the serial number is known
        bool online = false;
        std::uint32_t info_version = 0;
    };
    void leave_topic(const std::string& topic);
    void publish_online(Known& known, bool online, Messages& out) const;
    void tell_of_others();
    std::string service_id() const { return options_.service_id ? options_.service_id() : std::string(); }
    void publish_news(Clock::time_point now, Messages& out);
    void publish_info(Messages& out);
    void publish_health(Clock::time_point now, Messages& out);

    OwnTopicsOptions options_;
    std::string prefix_; // "gridbridge/<portal>/"
    std::map<SourceId, Known> meters_;
    Clock::time_point health_at_{};
    bool has_news_ = false; // that are not in info yet
    Clock::time_point infos_since_ = Clock::time_point::min();
    int infos_ = 0; // since then
    std::optional<Clock::time_point> started_;
    OtherServices others_;
    bool has_others_ = false; // as told
};

} // namespace gridbridge
