// The energy of each quarter of an hour, by the counters of the meter. Pure.
#pragma once

#include "drivers/waist/clock.hpp"
#include "mqtt/history/history_rows.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace gridbridge {

// Import and export.
inline constexpr std::size_t counter_count = 2;

// What the counters of a meter showed.
struct CounterSample {
    double time = 0;            // Unix time, s, by the meter's clock where it sends one
    Clock::time_point steady{}; // the same moment
    std::array<std::optional<double>, counter_count> kwh;
};

// The time of the meter's clock that is nearest to `wall` (Unix time, s): only the place within the quarter
// is taken from the meter, so no time zone matters.
double on_meter_clock(double wall, std::optional<std::int16_t> meter_second);

// What a counter moved between two samples is spread over that time, which gives each quarter its part: with
// samples seconds apart that is exact. Further apart than a minute, the quarters are estimated; further than
// a day, or when a counter has fallen or jumped, or the clock was set, what it moved is nobody's.
class QuarterEnergy {
  public:
    // Appends the quarters that this ends.
    void take(const CounterSample& sample, std::vector<QuarterRow>& finished);
    // Where an earlier run left off, known at any time after the start; too late: it is not used.
    void resume(const CountersAt& before, std::vector<QuarterRow>& finished);
    // As far as it has come.
    std::optional<QuarterRow> running() const;
    // At the end of the last finished quarter; nothing: none is finished yet.
    const std::optional<CountersAt>& counters() const { return counters_; }

  private:
    struct Track { // of one counter
        double time = 0;
        double kwh = 0;
    };
    struct Part { // of one quarter
        std::array<std::optional<double>, counter_count> kwh;
        bool estimated = false;
    };
    void begin(std::int64_t quarter, bool estimated);
    void begin_anew(const CounterSample& sample, std::vector<QuarterRow>& finished);
    void spread(const CounterSample& sample, std::size_t counter, std::vector<Part>& parts);
    void spread_evenly(std::size_t counter, double from, double to, double kwh,
                       std::vector<Part>& parts) const;
    bool clock_was_set(const CounterSample& sample) const;
    QuarterRow row_of(std::int64_t quarter, const Part& part, std::array<double, counter_count>& rest) const;
    void close(std::vector<Part>& parts, std::int64_t next, std::vector<QuarterRow>& finished);
    void remember(std::int64_t end);

    std::array<std::optional<Track>, counter_count> tracks_;
    std::optional<std::int64_t> quarter_; // Unix time / 900 of the one under way
    Part part_;
    std::array<double, counter_count> rest_{}; // of rounding to Wh, kWh: for the next quarter
    std::optional<CounterSample> last_;
    std::optional<CounterSample> first_; // until a quarter was finished
    std::optional<CountersAt> counters_;
};

} // namespace gridbridge
