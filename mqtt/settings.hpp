// What must survive a restart: portal id, device instances, energy estimates. Pure; the file is
// state_file.hpp's.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

// Publisher thread only.
class Settings {
  public:
    // Reads what to_json() wrote; unknown keys are ignored. Nothing when the text is not a settings file.
    static std::optional<Settings> from_json(std::string_view text);
    std::string to_json() const;

    const std::string& portal_id() const { return portal_id_; }
    void set_portal_id(std::string id);

    // The device's instance within a class ("grid"). Allocated once, from 30 upward as Venus does for these
    // meters, or `wanted` if it is free; then kept and never given to another device.
    int instance_for(const std::string& device_id, const std::string& service_class,
                     std::optional<int> wanted);

    // Estimated export per phase, kWh.
    std::array<double, 3> reverse_kwh(const std::string& device_id) const;
    void set_reverse_kwh(const std::string& device_id, const std::array<double, 3>& kwh);

    bool changed() const { return changed_; }
    void saved() { changed_ = false; }

  private:
    struct Device {
        std::map<std::string, int> instances; // by class
        std::array<double, 3> reverse_kwh{};
    };
    bool is_taken(const std::string& service_class, int instance) const;

    std::string portal_id_;
    std::map<std::string, Device> devices_; // by device id
    bool changed_ = false;
};

} // namespace gridbridge
