// What is kept of the meters over a restart: identities, counters, estimates; and what clients see of it.
#pragma once

#include "drivers/waist/log.hpp"
#include "drivers/waist/orders.hpp"
#include "mqtt/bridge/identities.hpp"
#include "mqtt/bridge/kept_energy.hpp"
#include "mqtt/bridge/outlet_set.hpp"
#include "mqtt/outlet/meter.hpp"
#include "mqtt/settings/settings.hpp"
#include "mqtt/settings/settings_tree.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

// Publisher thread only. Energies in kWh. What is given by reference must outlive it; `orders` may be null,
// `log` empty.
class KeptState {
  public:
    KeptState(Settings& settings, OutletSet& outlets, Orders* orders, Log log);

    // The same meter may be another one, or used for other phases, since it was asked last: call begin() when
    // what identify() made of it is in force.
    Identities& identities() { return identities_; }
    // An earlier version spelled its serial number in another way: what was kept, and is retained, moves
    // over. Call before identify().
    void respell(const MeterInfo& info, Messages& out);
    // Counts its energy from now on, and shows its settings. `before`: what it said of itself before.
    void begin(Meter& meter, const MeterInfo& before, Clock::time_point now, Messages& out);
    // Another source is this meter from now on: what was counted is kept for it.
    void end(const Meter& meter, Clock::time_point now, Messages& out);
    void correct(Meter& meter, Reading& reading) { energy_.correct(meter, reading); }
    bool confirm_counters(Meter& meter) { return energy_.confirm_counters(meter); }
    // Goes on from what a client wrote for one phase.
    void set_estimate(const SettingAddress& address, double kwh);
    // Energy estimates, accepted counters and netted sums into the settings.
    void store_energy(Clock::time_point now, Messages& out);

    // Whether these settings are those at the end of a run.
    bool has_ended() const { return settings_.has_ended(); }
    // Nothing is counted or told any more.
    void end_run() { settings_.end(); }
    // Counters of a meter that is formed of others.
    Settings::Carried carried(const std::string& device_id) const;
    void store_carried(const std::string& device_id, Settings::Carried carried) {
        settings_.set_carried(device_id, std::move(carried));
    }

    // Of the running interval and the month. Nothing is kept of a device that was forgotten.
    Settings::Demand demand(const std::string& device_id) const;
    void store_demand(const std::string& device_id, const Settings::Demand& demand);

    bool is_switched_off(const Meter& meter) const; // a second service that is not wanted
    // Phase modes to the drivers: of all devices that have one, of one.
    void give_phase_modes() const;
    void give_phase_mode(const std::string& device_id) const;

    // Devices announced in an earlier run that none of `meters` is, nor shares the serial number with.
    std::vector<RememberedMeter> remembered(const std::vector<const Meter*>& meters) const;
    // Devices announced in an earlier run that none of `meters` is: not announced any more. Returns their
    // serial numbers, without those that another of `meters` has.
    std::vector<std::string> forget_all_but(const std::vector<const Meter*>& meters);

    // Rises whenever another device may be announced, or one under another name.
    std::uint64_t announced_changes() const { return announced_changes_; }

    // Nothing is kept any more of the devices with a serial number, and no client sees their settings. Their
    // meters must be told (MeterLives).
    void forget(const std::string& serial, Clock::time_point now, Messages& out);

    // What is kept is not known yet: no energy is estimated and none stored until replace() or
    // no_settings_came().
    void await_settings() { awaits_settings_ = true; }
    bool awaits_settings() const { return awaits_settings_; }
    void no_settings_came() {
        awaits_settings_ = false;
        identities_.renew();
    }
    // Other settings take the place of all; the portal id stays.
    void replace(Settings settings, Clock::time_point now, Messages& out);

    void publish_all(Clock::time_point now, Messages& out) const;
    // The same to one that was restarted.
    void tell_settings(SettingListener& listener, Clock::time_point now, Messages& out) const;
    void publish_settings(const std::string& device_id, Clock::time_point now, Messages& out) const;
    // What they are offered changes when another device takes it.
    void publish_second_services(Clock::time_point now, Messages& out) const;
    void publish_device_ids(Clock::time_point now, Messages& out) const;

  private:
    std::vector<std::string> absent_devices(const std::vector<const Meter*>& meters) const;
    std::vector<RememberedMeter> without_meter(const std::vector<std::string>& device_ids,
                                               const std::vector<const Meter*>& meters) const;
    void note_device(const Meter& meter, Clock::time_point now, Messages& out);

    Settings& settings_;
    OutletSet& outlets_;
    Orders* orders_;
    Log log_;
    Identities identities_;
    KeptEnergy energy_;
    bool awaits_settings_ = false;
    std::uint64_t announced_changes_ = 0;
};

} // namespace gridbridge
