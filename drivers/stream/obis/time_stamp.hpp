// Time stamps of P1 telegrams: YYMMDDhhmmss and S (daylight saving) or W; without it up to DSMR 3.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

// Local time of the meter.
struct MeterTime {
    std::chrono::sys_seconds local; // the clock's face, whatever the zone
    char season = ' ';              // 'S', 'W', or ' ' when not told
};

// Nothing when it is no date of the calendar: a missing device sends 632525252525S or 250000000000W.
std::optional<MeterTime> parse_time_stamp(std::string_view text);

// "2015-01-17T18:00:00": local time of the meter, ISO 8601 without offset.
std::string iso_time(const MeterTime& time);

// Of the hour, 0..3599.
int second_of_hour(const MeterTime& time);
// 12 x year + month (0..11), on the clock's face.
int month_of(const MeterTime& time);

// Daylight saving time taken out, to compare stamps of one meter.
std::chrono::sys_seconds standard_time(const MeterTime& time);

} // namespace gridbridge
