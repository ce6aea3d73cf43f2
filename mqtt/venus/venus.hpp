// The Venus outlet: meters as a GX device shows them on MQTT.
#pragma once

#include "mqtt/outlet/outlet.hpp"
#include "mqtt/outlet/venus_request.hpp"
#include "mqtt/venus/venus_service.hpp"
#include "mqtt/venus/venus_system.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridbridge {

struct VenusOptions {
    std::string portal_id;
    std::string version;                  // of this program, for /Mgmt/ProcessVersion
    bool always = true;                   // publish without being asked; else only within 60 s of a keepalive
    bool standalone = true;               // answer for system/0 and platform/0
    bool retain = false;                  // measurements retained
    std::chrono::seconds heartbeat{60};   // unchanged values are repeated; only with `always`
    std::function<long long()> unix_time; // wall clock, only ever shown, never used to decide
};

// Path and payload.
using VenusValues = std::vector<std::pair<std::string, std::string>>;
// What one meter shows, identity included, without an MQTT connection; and the known quantities of a reading
// alone.
VenusValues venus_values(const Meter& meter, std::string_view version);
VenusValues venus_measurements(const Reading& reading);

class Venus : public Outlet,
              public Timed,
              public ClientListener,
              public DescriptionListener,
              public SettingListener,
              public TransactionListener,
              public Repeater {
  public:
    explicit Venus(VenusOptions options);

    void connected(Clock::time_point now, Messages& out) override;
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void lost(const Meter& meter, Clock::time_point now, Messages& out) override;
    void gone(const Meter& meter, Messages& out) override;
    void described(const Meter& meter, Clock::time_point now, Messages& out) override;
    void setting(const std::string& path, const std::string& payload, Clock::time_point now,
                 Messages& out) override;
    void setting_gone(const std::string& path, Messages& out) override;
    std::optional<WriteRequest> write_request(const Message& message) const override;
    void request(const Message& message, Clock::time_point now, Messages& out) override;
    void transaction(const Meter& meter, const TransactionEvent& event, Clock::time_point now,
                     Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;
    void repeat(Clock::time_point now, Messages& out) override;
    void leave(Messages& out) override;
    std::vector<std::string> filters() const override;

  private:
    struct Shown {
        std::string type;
        int instance = 0;
        std::uint32_t info_version = 0;
        std::chrono::milliseconds refresh_time{};
        bool counters_held = false;
        int update_index = 0; // 0..255, wraps
        VenusService service;
        Clock::duration ahead{}; // so much sooner its values are repeated first: not all at once with others
    };

    bool awake(Clock::time_point now) const;
    Shown& shown(const Meter& meter);
    Clock::duration ahead_of_next() const;
    void set_state(Shown& entry, const Meter& meter, Clock::time_point now, Messages& out) const;
    void keepalive(const KeepaliveRequest& request, bool legacy, Clock::time_point now, Messages& out);
    void full_publish(const std::optional<std::string>& echo, Clock::time_point now, Messages& out);
    void publish_services(Clock::time_point now, Messages& out);
    void publish_serial(bool retain, Messages& out) const;

    VenusOptions options_;
    std::map<SourceId, Shown> services_;
    VenusService settings_;
    std::optional<VenusSystem> system_; // only when standalone
    std::optional<Clock::time_point> awake_until_;
    std::optional<Clock::time_point> heartbeat_at_; // next one; none while asleep
    PerSecond full_publishes_;
};

} // namespace gridbridge
