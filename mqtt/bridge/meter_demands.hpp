// The demand of each grid meter: a quarter of an hour, or what [limits] says.
#pragma once

#include "drivers/demand/demand.hpp"
#include "mqtt/bridge/kept_state.hpp"
#include "mqtt/outlet/meter.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace gridbridge {

struct MeterDemandsOptions {
    std::optional<std::chrono::minutes> interval; // nothing: not configured
    std::optional<double> limit_watts;            // [limits] peak_kw
    // Of the machine, now; nothing: nobody has set its clock yet. May be empty.
    std::function<std::optional<LocalMoment>()> local_time;
};

// Publisher thread only. `kept` must outlive it. Costs one comparison for each reading when it is not
// configured.
class MeterDemands {
  public:
    MeterDemands(MeterDemandsOptions options, KeptState& kept) : options_(std::move(options)), kept_(kept) {}

    // Behind all corrections of the reading.
    void apply(Meter& meter, Reading& reading, Clock::time_point now) {
        if (options_.interval && meter.source.channel == 0) {
            apply_configured(meter, reading, now);
        }
    }
    // Running intervals and peaks into the settings.
    void store();
    // The settings are other ones.
    void begin_anew() { running_.clear(); }

  private:
    struct Of { // what makes it another one when it changes
        std::string device_id;
        double energy_ratio = 1;
        bool multiphase = true;
        bool operator==(const Of&) const = default;
    };
    struct Running {
        Of of;
        Demand demand;
    };
    void apply_configured(Meter& meter, Reading& reading, Clock::time_point now);
    Running& running(const Meter& meter);
    std::optional<LocalMoment> local_time(Clock::time_point received, Clock::time_point now) const;
    void store(const Running& running);

    MeterDemandsOptions options_;
    KeptState& kept_;
    std::map<SourceId, Running> running_;
};

} // namespace gridbridge
