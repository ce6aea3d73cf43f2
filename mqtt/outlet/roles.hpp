// The Venus service types an electricity meter can have.
#pragma once

#include "mqtt/outlet/meter.hpp"

#include <span>
#include <string>
#include <string_view>

namespace gridbridge {

// What /AllowedRoles lists; empty when the role of this meter is fixed.
std::span<const std::string_view> allowed_roles(const Meter& meter);
// The same for a meter that is away: by its settings key.
std::span<const std::string_view> allowed_roles(std::string_view device_id);
bool is_allowed(std::span<const std::string_view> roles, std::string_view role);

bool has_position(std::string_view role); // carries /Position

// By its settings key.
bool is_carlo_gavazzi(std::string_view device_id);

// /ProductName: of a Carlo Gavazzi meter by its role and position, as dbus-cgwacs has it; what
// dbus-modbus-client reads on a GX (EM24 Ethernet), and every other meter, keeps the name of its product.
std::string venus_product_name(const Meter& meter);

// The service `_S` on phase 2 of a three-phase meter.
bool is_second_service(std::string_view device_id);

} // namespace gridbridge
