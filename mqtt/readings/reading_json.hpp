// One reading of a meter as one JSON object (reading.schema.json). Pure.
#pragma once

#include "drivers/waist/reading.hpp"

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>

namespace gridbridge {

struct ToldReading {
    Reading reading;                   // of a lost meter without values, its times are those of the last one
    std::bitset<quantity_count> given; // quantities the meter has ever given: they are members
    std::optional<std::int64_t> unix_ms; // the wall clock at its last byte; nothing: not set then
    std::uint64_t seq = 0;
    std::string role;
    int instance = 0;
    bool live = false;
};

// Values in the unit and with the decimals of Venus. `now` is when it is said.
std::string reading_json(const ToldReading& told, Clock::time_point now);

// Its members alone. No: without `time` and `seq`, which somebody else gives it.
enum class WithStamp : bool { No, Yes };
std::string reading_members(const ToldReading& told, Clock::time_point now, WithStamp stamp);

} // namespace gridbridge
