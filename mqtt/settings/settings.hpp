// What must survive a restart: portal id, roles and instances, what clients wrote, energy counters. Pure; the
// file is state_file.hpp's.
#pragma once

#include "drivers/values/netted_energy.hpp"
#include "drivers/values/reverse_energy.hpp"
#include "mqtt/outlet/setting_value.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// Publisher thread only, and main before it starts.
class Settings {
  public:
    static constexpr int file_version = 2;
    static constexpr std::size_t max_devices = 1024; // of a file; the rest is left out
    static constexpr int first_instance = 30;        // dbus-cgwacs' first number

    using Values = std::map<std::string, SettingValue, std::less<>>; // by name, "CustomName"
    using Counters = std::map<std::string, double>;                  // by name of the quantity
    // Counters of a meter that is formed of others, and how far those had counted then.
    struct Carried {
        Counters values, marks;
        std::map<std::string, Counters> members; // by whose they are
        std::string used;                        // whose was followed
        std::set<std::string> uncertain;         // values: an earlier run may have told more
        bool operator==(const Carried&) const = default;
    };
    // The running interval of a demand, and the highest of the month (drivers/demand has the units).
    struct Demand {
        int minutes = 0;
        std::int64_t begin = 0;
        double kwh = 0, counter = 0;
        int month = 0;
        double peak_watts = 0;
        bool operator==(const Demand&) const = default;
    };
    struct Device {
        std::string service_class;            // role in force, "grid"; empty: nothing but numbers is known
        bool role_is_written = false;         // by a client: the configuration does not change it any more
        std::map<std::string, int> instances; // by class; kept when the role changes
        Values written;                       // by clients
        Values initial;                       // from the configuration; not kept
        bool supports_multiphase = false;     // facts the meter told
        bool single_phase = false;
        bool estimates_export = false;
        PhaseEnergies reverse_kwh{};              // estimated export per phase
        std::map<std::string, double> counters;   // last accepted counters by name of the quantity
        double energy_ratio = 1;                  // of transformers that these energies are multiplied by
        Carried carried;                          // of one formed of others
        std::optional<NettedEnergy::Kept> netted; // sums over the phases
        Demand demand;                            // of a grid meter, with [limits] only
        bool announced = false;                   // the broker may keep retained messages about it
        std::string place;                        // the [[meter]] it was last seen at; empty: unknown
        std::string unknown;                      // members of a later program, JSON; kept
    };

    // What a configuration publishes under, and leaves retained with the broker.
    struct Published {
        std::string portal_id;
        std::string discovery_prefix; // of Home Assistant; empty: none
        bool retains_values = false;
        bool operator==(const Published&) const = default;
    };

    // Reads what to_json() wrote, also of an older or newer program: what is unknown is kept, what is missing
    // or odd has its default. Nothing when the text is not a settings file.
    static std::optional<Settings> from_json(std::string_view text);
    std::string to_json(bool one_line = false) const { return json(one_line, is_ending_); }
    // What a run that starts like this one is given.
    std::string starting_json() const { return json(true, has_ended_); }
    int read_version() const { return read_version_; } // of the text it was made from

    const std::string& portal_id() const { return portal_id_; }
    void set_portal_id(std::string id);

    // Random, made once: tells what this service has published from what another one has.
    const std::string& service_id() const { return service_id_; }
    void set_service_id(std::string id);

    // Of this configuration and of earlier ones whose messages may still be retained; the oldest goes when
    // there are more than 8.
    const std::vector<Published>& published() const { return published_; }
    void add_published(const Published& published);
    void forget_published(const Published& published);

    // Settings/CGwacs/DeviceIds: serial numbers ever seen on RS485.
    const std::string& device_ids() const { return device_ids_; }
    void set_device_ids(std::string list);

    const std::map<std::string, Device>& devices() const { return devices_; }
    const Device* find(const std::string& device_id) const;
    // For facts and values that are not kept; made when it is new.
    Device& device(const std::string& device_id) { return devices_[device_id]; }

    // A value written by a client, else the initial one.
    std::optional<SettingValue> value(const std::string& device_id, std::string_view name) const;
    void write(const std::string& device_id, const std::string& name, SettingValue value);

    void set_class(const std::string& device_id, const std::string& service_class, bool written);
    // The device's instance within a class ("grid"). Allocated once, from 30 upward as Venus does for these
    // meters, or `wanted` if it is free; then kept and given to no other device until this one is erased.
    int instance_for(const std::string& device_id, const std::string& service_class,
                     std::optional<int> wanted);
    // The instance the device has within a class, or would be given: none that another device has, is
    // offered or was promised.
    int offered_instance(const std::string& device_id, const std::string& service_class) const;
    // A number asked for by a client: that one, also when it was promised, or the next free one, as
    // localsettings does.
    int move_instance(const std::string& device_id, const std::string& service_class, int wanted);
    // The device other than `except` that has a number; empty: none.
    std::string holder_of(const std::string& service_class, int instance,
                          const std::string& except = {}) const;

    using Numbers = std::map<std::string, std::set<int>>; // by class
    // Numbers promised to meters that have not said who they are: no device gets one by chance. Not kept.
    void promise(Numbers numbers) { promised_ = std::move(numbers); }
    bool is_promised(const std::string& service_class, int instance) const;

    // It was last seen there, and no other device was.
    void set_place(const std::string& device_id, const std::string& place);
    // What is kept of `from` is of `to` from now on. False: nothing is, or something is of `to` already.
    bool rename(const std::string& from, const std::string& to);
    // Everything kept of it.
    void erase(const std::string& device_id);
    // Serial numbers erased: what the broker has retained of them is to be withdrawn at the next connect.
    const std::set<std::string>& to_withdraw() const { return to_withdraw_; }
    void set_to_withdraw(std::set<std::string> serials);

    PhaseEnergies reverse_kwh(const std::string& device_id) const;
    void set_reverse_kwh(const std::string& device_id, const PhaseEnergies& kwh);
    void set_counters(const std::string& device_id, std::map<std::string, double> counters);
    void set_carried(const std::string& device_id, Carried carried);
    void set_netted(const std::string& device_id, const NettedEnergy::Kept& netted);
    void set_demand(const std::string& device_id, const Demand& demand);
    // Other transformers: the counters of electricity and the estimates become what they would be with them.
    void set_energy_ratio(const std::string& device_id, double ratio);
    void set_announced(const std::string& device_id, bool announced);

    bool changed() const { return changed_; }
    // What is there now was given to the disk, as the save of the returned number.
    std::uint64_t saved() {
        changed_ = false;
        return ++saves_;
    }
    void must_be_saved() { changed_ = true; }
    std::uint64_t next_save() const { return saves_ + 1; }
    // The disk has taken the save of that number, and those before it.
    void set_on_disk(std::uint64_t save) { on_disk_ = save; }
    bool is_on_disk(std::uint64_t save) const { return save <= on_disk_; }

    // Whether these are the settings at the end of a run: nothing was counted or told after them. What is
    // saved says so only after end().
    bool has_ended() const { return has_ended_; }
    void forget_ended();
    void end() {
        is_ending_ = true;
        changed_ = true;
    }

  private:
    std::string json(bool one_line, bool is_end) const;
    bool is_taken(const std::string& device_id, const std::string& service_class, int instance) const;
    int give(const std::string& device_id, const std::string& service_class, int instance);

    int read_version_ = file_version;
    std::string portal_id_;
    std::string service_id_;
    std::vector<Published> published_;
    std::string device_ids_;
    std::map<std::string, Device> devices_; // by device id, "cgwacs_BX0120064003P"
    std::set<std::string> to_withdraw_;
    Numbers promised_;
    std::string unknown_; // members of a later program, JSON
    bool changed_ = false;
    std::uint64_t saves_ = 0;
    std::uint64_t on_disk_ = 0;
    bool has_ended_ = false;
    bool is_ending_ = false;
};

} // namespace gridbridge
