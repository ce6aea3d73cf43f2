// Sizes as people write them: "256 MB", "500kB". Decimal units. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

// Bytes of a whole number of kB, MB or GB; nothing: it is none, or more than 10^18.
std::optional<std::uint64_t> parse_byte_size(std::string_view text);
// In the largest unit of which it is a whole number; "0" of less than 1 kB.
std::string byte_size_text(std::uint64_t bytes);

} // namespace gridbridge
