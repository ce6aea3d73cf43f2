// What every stream dialect ends in: a checked telegram as a list of OBIS objects.
#pragma once

#include "drivers/text/obis_code.hpp"
#include "drivers/waist/clock.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// Of what was sent under an id that is no code: no quantity has it.
inline constexpr Obis no_code{255, 255, 255, 255, 255, 254};

// One object of a telegram. Exactly one of number, text or groups says its value.
struct ObisObject {
    Obis code;
    std::optional<double> number;        // finite
    std::string unit;                    // as sent ("kWh", "Wh", "V"); empty: none
    std::string text;                    // as sent, or octets as lower-case hex
    std::string time;                    // P1 time stamp as sent, if the object has one
    std::vector<std::string> groups;     // objects with more groups than value and time
    std::optional<std::uint64_t> status; // SML status word
    std::uint8_t encoded_bytes = 0;      // SML: width of the number on the wire, 1..8; else 0
    std::int8_t scaler = 0;              // SML: number = integer on the wire x 10^scaler
    std::string id = {};                 // D0: as sent, without *255; else empty
    bool implied_unit = false; // D0: text without a unit; a number in it has the unit of its quantity
};

struct Telegram {
    std::string ident;         // P1, D0: text behind the slash
    std::string serial;        // printable serial number; empty: none sent
    std::string former_serial; // as earlier versions spelled it; empty: the same way
    bool has_checksum = false; // a good one, over all of it
    std::string server_id;     // SML, lower-case hex
    std::string firmware;
    std::vector<ObisObject> objects; // in the order sent
};

// Why bytes were dropped, counted per reason.
enum class Rejection : std::uint8_t {
    BadChecksum,
    Truncated,
    TooLong,
    Malformed,
    NoChecksum,
    Undeciphered,
    Count
};
inline constexpr std::size_t rejection_count = static_cast<std::size_t>(Rejection::Count);

// For people, by Rejection.
inline constexpr std::array<std::string_view, rejection_count> rejection_names{
    "bad checksum", "cut off", "too long", "malformed", "no checksum", "not deciphered"};
static_assert(!rejection_names.back().empty(), "every reason has a name");

struct StreamCounters {
    std::uint64_t telegrams = 0;
    std::array<std::uint64_t, rejection_count> rejected{};
    std::uint64_t skipped_bytes = 0; // bytes outside any telegram
};

} // namespace gridbridge
