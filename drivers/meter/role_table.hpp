// Roles an electricity meter can be given: service types of Venus, as dbus-cgwacs has them. Constant, any
// thread.
#pragma once

#include <array>
#include <string_view>

namespace gridbridge {

struct RoleRow {
    std::string_view name;
    bool is_for_phase_2; // may be that of the second service: never what feeds or measures the whole house
    std::string_view product; // what a GX calls a meter of this role
};
inline constexpr std::array<RoleRow, 6> role_table{{{"grid", false, "Grid meter"},
                                                    {"pvinverter", true, "PV inverter"}, // and its position
                                                    {"genset", false, "Generator"},
                                                    {"acload", true, "AC load"},
                                                    {"evcharger", true, "EVSE"},
                                                    {"heatpump", true, "Heat pump"}}};
inline constexpr std::string_view product_of_other_roles = "AC sensor";
// By /Position, behind "PV inverter ".
inline constexpr std::array<std::string_view, 3> position_names{"on input 1", "on output", "on input 2"};

} // namespace gridbridge
