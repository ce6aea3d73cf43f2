// IP networks, as users write them: "192.168.1.7", "172.16.0.0/12", "fd00::/8". Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gridbridge {

bool is_network(std::string_view text);

// In one of the networks; what is no address or no network is in nothing.
bool is_within(std::string_view address, std::span<const std::string> networks);

} // namespace gridbridge
