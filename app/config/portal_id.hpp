// The id of this gateway when the user chose none.
#pragma once

#include <string>

namespace gridbridge {

// 12 lower-case hex digits as on a GX: the MAC address of the first physical network interface, else random.
std::string derive_portal_id();

} // namespace gridbridge
