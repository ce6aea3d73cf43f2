// Follows the life of every meter and tells the outlets. Pure: bytes, news and time come as arguments.
#pragma once

#include "drivers/handoff.hpp"
#include "drivers/reverse_energy.hpp"
#include "mqtt/outlet.hpp"
#include "mqtt/settings.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct BridgeOptions {
    std::vector<MeterConfig> meters;       // SourceId::meter is the index
    std::chrono::seconds vanish_after{60}; // after the last good reading
    std::function<void(const Meter&, std::string_view event)>
        on_event; // "live", "lost", "gone"; may be empty
};

// Fills identity, role and instance of a meter from its configuration and what it said of itself.
void identify(Meter& meter, const MeterInfo& info, Settings& settings);

// Publisher thread only. `settings` must outlive the bridge.
class Bridge {
  public:
    Bridge(BridgeOptions options, Settings& settings, std::vector<std::unique_ptr<Outlet>> outlets);

    void connected(Clock::time_point now, Messages& out);
    void update(const MeterUpdate& update, Clock::time_point now, Messages& out);
    void request(const Message& message, Clock::time_point now, Messages& out);
    void tick(Clock::time_point now, Messages& out);
    Clock::time_point next_tick(Clock::time_point now) const;
    void leave(Messages& out);
    std::vector<std::string> filters() const;

    // The newest readings left for the broker at `now`: keeps the latency of each meter.
    void published(const std::vector<MeterUpdate>& updates, Clock::time_point now);
    // Energy estimates into the settings; cheap, called before each save.
    void store_estimates();

  private:
    struct Tracked {
        Meter meter;
        std::optional<ReverseEnergyEstimate> estimate;
    };

    void take_info(Tracked& tracked, const MeterInfo& info, Messages& out);
    void take_reading(Tracked& tracked, Reading reading, Clock::time_point now, Messages& out);
    void lose(Meter& meter, std::string reason, Clock::time_point now, Messages& out);
    void vanish(Meter& meter, Messages& out);
    void repeat_when_asked(Clock::time_point now, Messages& out);
    void tell(const Meter& meter, std::string_view event) const;

    BridgeOptions options_;
    Settings& settings_;
    std::vector<std::unique_ptr<Outlet>> outlets_;
    std::map<SourceId, Tracked> meters_; // addresses are stable: outlets may keep them until gone()
};

} // namespace gridbridge
