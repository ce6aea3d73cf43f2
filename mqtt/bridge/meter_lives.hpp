// The life of every meter: awaited, live, lost, gone; who it is and what it last said.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/waist/handoff.hpp"
#include "drivers/waist/log.hpp"
#include "mqtt/bridge/kept_state.hpp"
#include "mqtt/bridge/meter_demands.hpp"
#include "mqtt/bridge/meters_known.hpp"
#include "mqtt/bridge/outlet_set.hpp"
#include "mqtt/bridge/silence.hpp"
#include "mqtt/outlet/meter.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct MeterLivesOptions {
    std::vector<MeterConfig> meters; // SourceId::meter is the index
    std::chrono::seconds vanish_after{60};
    // "absent" (never seen), "live", "lost", "gone"; may be empty.
    std::function<void(const Meter&, std::string_view event)> on_event;
    Log log; // may be empty
    MeterDemandsOptions demands{};
};

// Publisher thread only. `kept` and `outlets` must outlive it. A Meter stays where it is as long as this
// lives: outlets keep its address.
class MeterLives {
  public:
    MeterLives(MeterLivesOptions options, KeptState& kept, OutletSet& outlets);

    void update(const MeterUpdate& update, Clock::time_point now, Messages& out);
    // Whoever is silent for too long is lost, then gone.
    void tick(Clock::time_point now, Messages& out);
    Clock::time_point next_tick(Clock::time_point now);
    // Every meter is asked who it is as if it were new: the settings are other ones.
    void identify_anew(Clock::time_point now, Messages& out);
    // Demands into the settings.
    void store_demands() { demands_.store(); }
    // The newest readings left for the broker at `now`.
    void published(const std::vector<MeterUpdate>& updates, Clock::time_point now);

    // Made when the source is new. Throws std::out_of_range when the configuration has no such meter. What is
    // changed of these is seen by the next tick().
    Meter& meter(SourceId source);
    Meter* find(SourceId source);
    Meter* find(const std::string& device_id);
    std::vector<const Meter*> all() const { return known_.all(); }
    bool all_known() const { return known_.all_known(); }
    // Rises whenever a meter became known or another one, or is no meter any more.
    std::uint64_t identity_changes() const { return identity_changes_; }

    // The service leaves under its old name and comes back under the new one.
    void rename(Meter& meter, const std::string& role, int instance, Clock::time_point now, Messages& out);
    // A constant of the meter has changed.
    void describe(const Meter& meter, Clock::time_point now, Messages& out);
    void withdraw(Meter& meter, Messages& out); // gone at once

    // A meter that is not there is identified as a new one when it returns.
    void forget(const std::string& device_id);
    // Instances were given or freed: what is said of a configured one may be another thing.
    void advise(const Settings& settings);

  private:
    class StepExpected;
    void expect_step(const Meter& meter);
    void find_quiet();
    void make_nobody(Meter& meter);
    void take_info(Meter& meter, const MeterInfo& info, Clock::time_point now, Messages& out);
    void take_reading(Meter& meter, Reading reading, Clock::time_point now, Messages& out);
    void show(Meter& meter, Reading reading, Clock::time_point now, Messages& out);
    bool becomes_somebody(Meter& meter, Clock::time_point now, Messages& out);
    void leave_to_rival(Meter& meter, Clock::time_point now, Messages& out);
    void log_once(const Meter& meter, const std::string& text);
    void lose(Meter& meter, std::string reason, Clock::time_point now, Messages& out);
    void tell_gone(const Meter& meter, Messages& out);
    void tell_forgotten(const Meter& meter, Messages& out);
    void fade(Meter& meter, Clock::time_point now, Messages& out);
    void tell(const Meter& meter, std::string_view event) const;

    MeterLivesOptions options_; // its list of meters is empty: each is kept with its meter
    KeptState& kept_;
    OutletSet& outlets_;
    MeterDemands demands_;
    Silence silence_;
    // No step of any meter is due until then; too early does no harm. min(): to be found anew.
    Clock::time_point quiet_until_ = Clock::time_point::min();
    std::uint64_t identity_changes_ = 0;
    MetersKnown known_;
    std::map<SourceId, std::string> said_; // of sources with one serial number: not said twice in a row
};

} // namespace gridbridge
