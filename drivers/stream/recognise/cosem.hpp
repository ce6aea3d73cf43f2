// Whether bytes are what DLMS sends: an APDU with COSEM data. Pure.
#pragma once

#include <cstdint>
#include <span>

namespace gridbridge {

// A data notification (IEC 62056-53, tag 0F), or a bare structure or array, that is well formed to its last
// byte.
bool is_cosem(std::span<const std::uint8_t> bytes);

} // namespace gridbridge
