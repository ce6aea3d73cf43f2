// The sinks of the running service: what feeds them, their threads, how they are.
#pragma once

#include "app/config/config.hpp"
#include "app/sinks/sink_shared.hpp"
#include "app/sinks/sink_worker.hpp"
#include "drivers/waist/log.hpp"
#include "mqtt/outlet/outlet.hpp"
#include "mqtt/sinks/sink_outlet.hpp"
#include "mqtt/status/info_json.hpp"
#include "mqtt/status/snapshot.hpp"

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// What an uplink tells of the service; called on the publisher thread.
struct FleetSight {
    std::function<Snapshot()> view; // without meters
    std::function<ServiceFacts()> facts;
};

// None configured: no memory, no thread, no outlet.
class ServiceSinks {
  public:
    // `state_dir` empty: queues are in memory.
    ServiceSinks(const Config& config, const std::string& portal_id, const std::string& state_dir,
                 const Log& log);

    // Must outlive the outlets made of the rows.
    void add_outlets(std::vector<OutletRow>& rows, const FleetSight& sight);
    // Nothing is sent any more. Waits for nothing.
    void stop_sending();
    // After the publisher has ended: what was made goes into the queues, which takes at most 0.7 s in all.
    void finish();

    // For health. Any thread; none of these waits.
    std::vector<SinkHealth> health() const;
    std::vector<std::string> remarks() const;
    // Parts of these: why points are not queued, why an end takes none, which certificates of ours end soon.
    std::vector<std::string> not_queued() const;
    std::vector<std::string> away() const;
    std::vector<std::string> certificates() const;

  private:
    struct One {
        std::string title;
        SinkBook book; // publisher thread
        bool tells_states = false;
        SinkOutletOptions points;
        std::shared_ptr<SinkShared> shared;
        std::unique_ptr<SinkWorker> worker;
    };
    struct Surroundings {
        std::string portal_id, state_dir, tls_min;
    };
    std::vector<std::string> texts(std::initializer_list<std::string SinkHealth::*> parts,
                                   std::string_view before = {}) const;
    void begin(const SinkConfig& sink, const Surroundings& where, const Log& log);

    std::vector<std::unique_ptr<One>> sinks_;
    std::vector<std::string> remarks_; // known at the start
};

} // namespace gridbridge
