#include "mqtt/roles.hpp"

#include "mqtt/setting_catalogue.hpp"

#include <algorithm>
#include <array>

namespace gridbridge {
namespace {

// dbus-cgwacs; the second service cannot be what feeds or measures the whole house.
constexpr std::array<std::string_view, 6> meter_roles{"grid",   "pvinverter", "genset",
                                                      "acload", "evcharger",  "heatpump"};
constexpr std::array<std::string_view, 4> second_roles{"pvinverter", "acload", "evcharger", "heatpump"};

} // namespace

std::span<const std::string_view> allowed_roles(std::string_view device_id) {
    if (is_second_service(device_id)) {
        return second_roles;
    }
    return meter_roles;
}

std::span<const std::string_view> allowed_roles(const Meter& meter) {
    return meter.info.role_is_fixed ? std::span<const std::string_view>() : allowed_roles(meter.device_id);
}

bool is_allowed(std::span<const std::string_view> roles, std::string_view role) {
    return std::find(roles.begin(), roles.end(), role) != roles.end();
}

bool has_position(std::string_view role) {
    return role != "grid" && role != "genset" && role != "pulsemeter";
}

bool is_second_service(std::string_view device_id) {
    return device_id.starts_with("cgwacs_") && device_id.ends_with(second_suffix);
}

} // namespace gridbridge
