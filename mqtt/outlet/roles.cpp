#include "mqtt/outlet/roles.hpp"

#include "drivers/meter/driver_table.hpp"
#include "drivers/meter/role_table.hpp"
#include "mqtt/outlet/setting_catalogue.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace gridbridge {
namespace {

constexpr int em24_ethernet_product = 0xB017;

constexpr auto meter_roles = [] {
    std::array<std::string_view, role_table.size()> names;
    std::transform(role_table.begin(), role_table.end(), names.begin(),
                   [](const RoleRow& row) { return row.name; });
    return names;
}();
constexpr auto is_for_phase_2 = [](const RoleRow& row) { return row.is_for_phase_2; };
constexpr auto second_roles = [] {
    std::array<std::string_view, std::count_if(role_table.begin(), role_table.end(), is_for_phase_2)> names;
    auto* next = names.begin();
    for (const RoleRow& row : role_table) {
        if (row.is_for_phase_2) {
            *next++ = row.name;
        }
    }
    return names;
}();

} // namespace

std::span<const std::string_view> allowed_roles(std::string_view device_id) {
    if (is_second_service(device_id)) {
        return second_roles;
    }
    return meter_roles;
}

std::span<const std::string_view> allowed_roles(const Meter& meter) {
    if (meter.info.role_is_fixed) {
        return {};
    }
    const auto roles = allowed_roles(meter.device_id);
    const bool has_grid = roles.front() == "grid";
    return has_grid && meter.info.import_only ? roles.subspan(1) : roles;
}

bool is_allowed(std::span<const std::string_view> roles, std::string_view role) {
    return std::find(roles.begin(), roles.end(), role) != roles.end();
}

bool has_position(std::string_view role) {
    return role != "grid" && role != "genset" && role != "pulsemeter";
}

bool is_carlo_gavazzi(std::string_view device_id) {
    constexpr std::string_view kind = driver_rows::carlo_gavazzi.device_kind;
    return device_id.starts_with(kind) && device_id.substr(kind.size()).starts_with('_');
}

std::string venus_product_name(const Meter& meter) {
    if (!is_carlo_gavazzi(meter.device_id) || meter.info.product_id == em24_ethernet_product) {
        return meter.info.product_name;
    }
    const auto* const row = std::find_if(role_table.begin(), role_table.end(),
                                         [&](const RoleRow& known) { return known.name == meter.role; });
    if (row == role_table.end()) {
        return std::string(product_of_other_roles);
    }
    const auto position = static_cast<std::size_t>(meter.position);
    const bool tells_position = row->name == "pvinverter" && position < position_names.size();
    return std::string(row->product) +
           (tells_position ? " " + std::string(position_names.at(position)) : std::string());
}

bool is_second_service(std::string_view device_id) {
    return is_carlo_gavazzi(device_id) && device_id.ends_with(second_suffix);
}

} // namespace gridbridge
