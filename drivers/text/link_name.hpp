// Names of multicast DNS, which need no name server. Pure.
#pragma once

#include <string_view>

namespace gridbridge {

bool is_link_name(std::string_view host); // "meter.local"

inline constexpr std::string_view link_name_unknown =
    "nobody in this network answers to this name: is the device on, and if this is a container, is it in the "
    "host's network (network_mode: host)?";

} // namespace gridbridge
