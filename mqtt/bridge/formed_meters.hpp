// All meters that are formed of others, behind those they are formed of.
#pragma once

#include "drivers/waist/clock.hpp"
#include "drivers/waist/log.hpp"
#include "mqtt/bridge/formed_meter.hpp"
#include "mqtt/bridge/kept_state.hpp"
#include "mqtt/bridge/meter_lives.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace gridbridge {

// Publisher thread only. `lives` and `kept` must outlive it; `log` may be empty. Does nothing when none is
// configured.
class FormedMeters {
  public:
    FormedMeters(MeterLives& lives, KeptState& kept, Log log);

    // Behind that of the meters: looks at all of them.
    void tick(Clock::time_point now, Messages& out);
    // When one may change although no meter has news.
    Clock::time_point next_tick() const { return next_tick_; }

    // Counters into the settings. `is_end`: nothing is told after it.
    void store();
    // The settings are other ones: counters go on from those.
    void begin_anew();

  private:
    void find_members();
    void step(FormedMeter& formed, Clock::time_point now, Messages& out);
    void load_counters(FormedMeter& formed);
    void store(FormedMeter& formed);

    MeterLives& lives_;
    KeptState& kept_;
    Log log_;
    std::vector<FormedMeter> formed_;       // each behind its members
    std::optional<std::uint64_t> found_at_; // MeterLives::identity_changes() of find_members()
    Clock::time_point next_tick_ = Clock::time_point::max();
};

} // namespace gridbridge
