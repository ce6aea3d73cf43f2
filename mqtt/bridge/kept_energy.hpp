// The energy counters of every meter and what is kept of them over a restart: accepted values, estimates,
// netted sums.
#pragma once

#include "drivers/values/counter_guard.hpp"
#include "drivers/values/counter_kind.hpp"
#include "drivers/values/netted_energy.hpp"
#include "drivers/values/reverse_energy.hpp"
#include "drivers/waist/log.hpp"
#include "mqtt/outlet/meter.hpp"
#include "mqtt/settings/settings.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

// Publisher thread only. Energies in kWh. `settings` must outlive it; `log` may be empty.
class KeptEnergy {
  public:
    KeptEnergy(Settings& settings, Log log) : settings_(settings), log_(std::move(log)) {}

    // Counts the energy of a meter from now on. `before`: what it said of itself before. `settings_known`:
    // else nothing is estimated yet, nor stored.
    void begin(Meter& meter, const MeterInfo& before, bool settings_known);
    // Another source is this meter from now on. Returns whether an estimate was stored.
    bool end(const Meter& meter, bool settings_known);
    // Doubtful counters become unknown, missing ones are estimated, netted ones added.
    void correct(Meter& meter, Reading& reading);

    // Takes the counters held back as they are; false: none are.
    bool confirm_counters(Meter& meter);
    // Goes on from `kwh` on one phase, 1..3.
    void set_estimate(const std::string& device_id, int phase, double kwh);
    // Into the settings. Returns the devices whose estimates were stored.
    std::vector<std::string> store();
    // Counted without what was kept: not to be stored over it.
    void clear() { energies_.clear(); }
    void forget(const std::string& device_id);

  private:
    struct Netted {
        NettedEnergy energy;
        CounterKindWatch kind;
        std::optional<std::uint64_t> told_from; // told once this save is on disk; nothing: not stored yet
        double stored_step = 0;                 // kWh, of the meter's own counters
    };
    struct Energy {
        std::string device_id;
        std::optional<ReverseEnergyEstimate> estimate;
        CounterGuard guard;
        std::unique_ptr<Netted> netted; // few meters have one
    };

    Energy* find(const std::string& device_id);
    void begin_netted(Energy& energy, const Meter& meter, bool settings_known);
    void add_netted(Energy& energy, Meter& meter, Reading& reading);
    void store_early(Energy& energy);
    bool store(const Energy& energy);
    bool store_estimate(const Energy& energy);
    void go_on_from(const Meter& meter, Energy& energy,
                    const std::vector<CounterGuard::Exchange>& exchanges) const;
    void log(const Meter& meter, const std::string& message) const;

    Settings& settings_;
    Log log_;
    std::map<SourceId, Energy> energies_;
};

} // namespace gridbridge
