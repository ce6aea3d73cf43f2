// What must survive a restart: portal id, roles and instances, what clients wrote, energy counters. Pure; the
// file is state_file.hpp's.
#pragma once

#include "mqtt/setting_value.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

// Publisher thread only, and main before it starts.
class Settings {
  public:
    static constexpr int file_version = 2;

    using Values = std::map<std::string, SettingValue, std::less<>>; // by name, "CustomName"
    struct Device {
        std::string service_class;            // role in force, "grid"; empty: nothing but numbers is known
        bool role_is_written = false;         // by a client: the configuration does not change it any more
        std::map<std::string, int> instances; // by class; kept when the role changes
        Values written;                       // by clients
        Values initial;                       // from the configuration; not kept
        bool supports_multiphase = false;     // facts the meter told
        bool single_phase = false;
        bool estimates_export = false;
        std::array<double, 3> reverse_kwh{};    // estimated export per phase
        std::map<std::string, double> counters; // last accepted counters by name of the quantity
        bool announced = false;                 // the broker may keep retained messages about it
        std::string unknown;                    // members of a later program, JSON; kept
    };

    // Reads what to_json() wrote, also of an older or newer program: what is unknown is kept, what is missing
    // or odd has its default. Nothing when the text is not a settings file.
    static std::optional<Settings> from_json(std::string_view text);
    std::string to_json(bool one_line = false) const;
    int read_version() const { return read_version_; } // of the text it was made from

    const std::string& portal_id() const { return portal_id_; }
    void set_portal_id(std::string id);

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
    // meters, or `wanted` if it is free; then kept and never given to another device.
    int instance_for(const std::string& device_id, const std::string& service_class,
                     std::optional<int> wanted);
    // The instance the device has within a class, or would be given: none that another device has or is
    // offered.
    int offered_instance(const std::string& device_id, const std::string& service_class) const;
    // A number asked for by a client: that one, or the next free one, as localsettings does.
    int move_instance(const std::string& device_id, const std::string& service_class, int wanted);

    std::array<double, 3> reverse_kwh(const std::string& device_id) const;
    void set_reverse_kwh(const std::string& device_id, const std::array<double, 3>& kwh);
    void set_counters(const std::string& device_id, std::map<std::string, double> counters);
    void set_announced(const std::string& device_id, bool announced);

    bool changed() const { return changed_; }
    void saved() { changed_ = false; }
    void must_be_saved() { changed_ = true; }

  private:
    int next_free(const std::string& device_id, const std::string& service_class, int wanted) const;

    int read_version_ = file_version;
    std::string portal_id_;
    std::string device_ids_;
    std::map<std::string, Device> devices_; // by device id, "cgwacs_BX0120064003P"
    std::string unknown_;                   // members of a later program, JSON
    bool changed_ = false;
};

} // namespace gridbridge
