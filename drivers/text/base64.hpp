// Bytes as base64 (RFC 4648, section 4). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gridbridge {

// Blanks and line ends around it and missing padding are taken; what follows the padding is not looked at.
// Nothing when there is another character, or one digit too many.
std::optional<std::vector<std::uint8_t>> bytes_of_base64(std::string_view text);

} // namespace gridbridge
