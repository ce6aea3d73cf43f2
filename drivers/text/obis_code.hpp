// OBIS codes and their text. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

// OBIS code A-B:C.D.E*F (IEC 62056-61). F is 255 when not printed.
struct Obis {
    std::uint8_t a = 0, b = 0, c = 0, d = 0, e = 0, f = 255;
    auto operator<=>(const Obis&) const = default;
};

std::string to_text(Obis code);                        // "1-0:1.8.0", "1-0:1.8.0*96"
std::optional<Obis> parse_obis(std::string_view text); // the same forms; A-B: may not be left out

} // namespace gridbridge
