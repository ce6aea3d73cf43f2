#include "drivers/demand/interval_clock.hpp"

#include "drivers/demand/units.hpp"

#include <algorithm>
#include <cmath>

namespace gridbridge {
namespace {

constexpr double hour = 3600; // s
constexpr double ms_per_s = 1000;
constexpr int months_per_year = 12;

int month_of(std::int64_t local_seconds) {
    const std::chrono::sys_seconds time{std::chrono::seconds(local_seconds)};
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
    return months_per_year * static_cast<int>(date.year()) +
           static_cast<int>(static_cast<unsigned>(date.month())) - 1;
}

Clock::duration seconds(double count) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(count));
}

} // namespace

IntervalClock::IntervalClock(std::chrono::minutes length)
    : length_(std::chrono::duration<double>(length).count()) {}

IntervalClock::Place IntervalClock::place_of(const Reading& reading,
                                             const std::optional<LocalMoment>& wall) const {
    if (reading.meter_second) {
        const auto month = reading.meter_month ? std::optional<int>(*reading.meter_month) : std::nullopt;
        return {std::fmod(static_cast<double>(*reading.meter_second), length_), Source::Meter, month};
    }
    if (source_ == Source::Meter && reading.received - meter_told_ < clock_memory) {
        const double elapsed = std::max(seconds_between(begin_, reading.received), 0.0);
        return {std::fmod(elapsed, length_), Source::Meter, elapsed < length_ ? month_ : std::nullopt};
    }
    if (wall) {
        const double local = static_cast<double>(wall->unix_ms) / ms_per_s + wall->utc_offset;
        const double elapsed = std::fmod(std::fmod(local, hour), length_);
        return {elapsed, Source::Wall, month_of(static_cast<std::int64_t>(std::floor(local - elapsed)))};
    }
    return {};
}

std::optional<IntervalMoment> IntervalClock::take(const Reading& reading,
                                                  const std::optional<LocalMoment>& wall) {
    const Place place = place_of(reading, wall);
    if (place.source == Source::None) {
        source_ = Source::None;
        return std::nullopt;
    }
    IntervalMoment moment;
    moment.begin = reading.received - seconds(place.elapsed);
    moment.elapsed = place.elapsed;
    moment.month = place.month;
    if (source_ != Source::None) {
        const double intervals = seconds_between(begin_, moment.begin) / length_;
        const double whole = std::round(intervals);
        if (std::abs(intervals - whole) * length_ <= tolerance) {
            moment.ended = std::max(static_cast<int>(whole), 0);
        }
        if (whole < 0 && moment.ended) { // a clock that was corrected back over a boundary
            moment.begin = begin_;
            moment.elapsed = 0;
            moment.month = month_;
        }
    }
    source_ = place.source;
    begin_ = moment.begin;
    month_ = moment.month;
    meter_told_ = reading.meter_second ? reading.received : meter_told_;
    if (wall) {
        moment.unix_begin = std::llround(static_cast<double>(wall->unix_ms) / ms_per_s - moment.elapsed);
    }
    return moment;
}

} // namespace gridbridge
