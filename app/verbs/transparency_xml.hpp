// A charging record as the transparency software of S.A.F.E. e.V. opens it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gridbridge {

// XML of one value, the record as it was signed, byte by byte. `public_key`: as DER; empty: who opens it
// enters the key. Nothing: it is no record, or not one that XML can hold.
std::optional<std::string> transparency_xml(std::string_view record,
                                            std::span<const std::uint8_t> public_key);

} // namespace gridbridge
