// Outlet: says when the recording in memory is to be kept, and publishes what was,
// `gridbridge/<portal>/incidents`.
#pragma once

#include "mqtt/outlet/outlet.hpp"
#include "mqtt/status/incident_triggers.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace gridbridge {

// Called on the publisher thread, none of them waits. What they refer to outlives the outlet.
struct IncidentsOptions {
    std::string portal_id;
    // Keeps what was recorded until `now`, soon.
    std::function<void(const std::string& meter, const std::string& cause, Clock::time_point now)> keep;
    std::function<std::string()> list;      // as incidents_json(), of all that are kept
    std::function<std::uint64_t()> changes; // rises when the list changes, and the publisher is woken
    std::function<std::span<const Finding>()> findings;
    std::function<void(Clock::time_point now)> tick; // every 10 s
};

// A loss, a counter that is held back and a finding of severity error are incidents. Publishes, retained,
// when one is there or gone and once per connection. They end with the service: the topic is cleared then.
class IncidentsOutlet final : public Outlet, public Timed {
  public:
    // `triggers` must outlive it.
    IncidentsOutlet(IncidentTriggers& triggers, IncidentsOptions options);

    void connected(Clock::time_point now, Messages& out) override;
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void lost(const Meter& meter, Clock::time_point now, Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point /*now*/) const override { return tick_at_; }
    void leave(Messages& out) override;

  private:
    void publish(Messages& out);
    void keep(const std::string& meter, const std::string& cause, Clock::time_point now);

    IncidentTriggers& triggers_;
    IncidentsOptions options_;
    std::string topic_;
    std::optional<std::uint64_t> published_; // changes() of what was
    bool is_connected_ = false;              // has been once
    Clock::time_point tick_at_{};
    Clock::time_point errors_at_{};
};

} // namespace gridbridge
