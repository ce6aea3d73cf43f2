// Roles an electricity meter can be given: service types of Venus, as dbus-cgwacs has them. Constant, any
// thread.
#pragma once

#include <array>
#include <string_view>

namespace gridbridge {

struct RoleRow {
    std::string_view name;
    bool is_for_phase_2; // may be that of the second service: never what feeds or measures the whole house
};
inline constexpr std::array<RoleRow, 6> role_table{{{"grid", false},
                                                    {"pvinverter", true},
                                                    {"genset", false},
                                                    {"acload", true},
                                                    {"evcharger", true},
                                                    {"heatpump", true}}};

} // namespace gridbridge
