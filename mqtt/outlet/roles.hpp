// The Venus service types an electricity meter can have.
#pragma once

#include "mqtt/outlet/meter.hpp"

#include <span>
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

// The service `_S` on phase 2 of a three-phase meter.
bool is_second_service(std::string_view device_id);

} // namespace gridbridge
