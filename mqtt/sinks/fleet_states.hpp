// Outlet: `health`, `findings` and `info` for an uplink, whenever they say something else. Says nothing to
// our own broker.
#pragma once

#include "mqtt/outlet/outlet.hpp"
#include "mqtt/sinks/point_box.hpp"
#include "mqtt/status/info_json.hpp"
#include "mqtt/status/snapshot.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace gridbridge {

struct FleetStatesOptions {
    std::chrono::milliseconds interval{10'000}; // between two looks
    // How the service is, without its meters; called on the publisher thread.
    std::function<Snapshot()> view;
    std::function<ServiceFacts()> facts;
};

// Publisher thread only.
class FleetStates final : public Outlet, public Timed {
  public:
    FleetStates(std::shared_ptr<PointBox> box, FleetStatesOptions options);

    void added(const Meter& meter) override { meters_.emplace(meter.source, &meter); }
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point /*now*/) const override { return look_at_; }

  private:
    void look(Clock::time_point now);

    std::shared_ptr<PointBox> box_;
    FleetStatesOptions options_;
    std::map<SourceId, const Meter*> meters_;
    Clock::time_point look_at_{};
    Clock::time_point started_{};
    std::string told_health_; // what of it counts as a change
    std::string told_info_;
    std::vector<Finding> told_findings_;
    bool has_told_findings_ = false;
};

// What of a health counts as a change: all but its numbers, which change with time.
std::string essence_of_health(const Snapshot& view, Clock::time_point now);

} // namespace gridbridge
