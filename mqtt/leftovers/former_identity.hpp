// What an earlier configuration left retained with the broker: another portal id, another discovery prefix,
// Home Assistant or retained values switched off since.
#pragma once

#include "mqtt/outlet/outlet.hpp"
#include "mqtt/settings/settings.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gridbridge {

struct FormerIdentityOptions {
    Settings::Published now; // what this configuration publishes under
    // Filters of all discovery messages that may be ours: prefix, serial numbers, portal id.
    std::function<std::vector<std::string>(const std::string& prefix, const std::vector<std::string>& serials,
                                           const std::string& portal_id)>
        discovery_filters;
    std::function<void(const std::string&)> log;    // for people
    std::function<void(const std::string&)> remark; // shown with the health of the service
};

// Looks for a few seconds after each connect, as long as the settings name an earlier configuration, and
// withdraws what is proven to be ours: the `info` of the former portal id has our service id and nobody else
// is heard there, or a discovery message names our portal id. Then it is forgotten. `settings` must outlive
// this. Publisher thread only.
class FormerIdentity final : public Outlet,
                             public Timed,
                             public ClientListener,
                             public RetainedListener,
                             public RepeatCaller {
  public:
    FormerIdentity(Settings& settings, FormerIdentityOptions options)
        : settings_(settings), options_(std::move(options)) {}

    void connected(Clock::time_point now, Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;
    std::vector<std::string> filters() const override { return {}; }
    void request(const Message& message, Clock::time_point now, Messages& out) override;
    std::vector<std::string> retained_filters(const std::vector<RememberedMeter>& remembered) override;
    void retained(const Message& message, Clock::time_point now) override;
    std::vector<std::string> take_left_filters() override;
    bool takes_repeat(Clock::time_point now) override;

  private:
    // One former configuration, and what was found of it.
    struct Look {
        Settings::Published former;
        std::set<std::string> topics; // own ones and Venus topics
        std::set<std::string> discovery;
        std::optional<std::string> service_id; // of its `info`
        bool is_used = false;                  // by somebody else, now
    };

    bool is_own(const Look& look, const std::string& topic) const;
    bool is_discovery(const Look& look, const Message& message) const;
    bool is_ours(const Look& look) const;
    void finish(const Look& look, Messages& out);

    Settings& settings_;
    FormerIdentityOptions options_;
    std::vector<Look> looks_;
    std::set<std::string> said_;       // of what is left: once, not at each connect
    std::vector<std::string> filters_; // subscribed to
    std::optional<Clock::time_point> until_;
    bool is_over_ = false;   // the look: its filters are to be left
    bool is_repeat_ = false; // values that are published now may have been cleared
};

} // namespace gridbridge
