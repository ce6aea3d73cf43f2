// What is known of the past of all meters and is not in a file yet; the last ten minutes are here only.
#pragma once

#include "drivers/waist/clock.hpp"
#include "drivers/waist/guarded.hpp"
#include "mqtt/history/history_rows.hpp"
#include "mqtt/history/minute_bucket.hpp"
#include "mqtt/history/quarter_energy.hpp"
#include "mqtt/history/recent_curve.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridbridge {

// Rows that wait for a disk that takes none, of all meters; the oldest go. About 1.5 MB: a week of minutes of
// one meter, ten hours of sixteen.
inline constexpr std::size_t most_waiting_minutes = 10'000;
inline constexpr std::size_t most_waiting_quarters = 10'000;
// Of one batch: whoever copies them holds up the publisher for less than 0.1 ms.
inline constexpr std::size_t most_batch_rows = 1000;

// A reading of one meter.
struct HistoryReading {
    HistoryValues values{};
    std::array<std::optional<double>, counter_count> kwh;
    std::optional<std::int16_t> meter_second;
};

// Wall clock, Unix time in ms; nothing: nobody has set it yet.
using WallMs = std::optional<std::int64_t>;
// Nothing for a time before 2020: a clock that starts with the machine.
WallMs set_wall_clock(std::int64_t unix_ms);

// Rows to be written, each with the place of its meter in `serials`.
struct HistoryBatch {
    std::vector<std::string> serials;
    std::vector<std::pair<std::size_t, MinuteRow>> minutes;
    std::vector<std::pair<std::size_t, QuarterRow>> quarters;
    std::vector<std::pair<std::size_t, CountersAt>> counters; // behind the quarters
    std::uint64_t minutes_end = 0;                            // counts all rows since start
    std::uint64_t quarters_end = 0;
    bool is_last = true; // no more wait
    bool empty() const { return minutes.empty() && quarters.empty() && counters.empty(); }
};

// Any thread. Nobody holds its lock for longer than a copy takes.
class HistoryMemory {
  public:
    void take(const std::string& serial, Clock::time_point now, WallMs wall, const HistoryReading& reading);
    // Its values are unknown from now on.
    void lose(const std::string& serial, Clock::time_point now);

    // What an earlier run has left in the file.
    void resume(const std::vector<std::pair<std::string, CountersAt>>& counters);
    // The oldest rows that wait, as many as a batch may have. `wall`: minutes before it are finished.
    HistoryBatch batch(WallMs wall);
    // They are in the file.
    void written(const HistoryBatch& batch);
    // The end: the minutes under way are rows too.
    void finish_minutes();
    std::uint64_t dropped() const; // rows, since start

    std::vector<RecentPoint> recent(std::string_view serial, Clock::time_point now) const;
    // What waits and what is under way, from <= time < to; ascending.
    std::vector<MinuteRow> minutes(std::string_view serial, std::int64_t from, std::int64_t to) const;
    std::vector<QuarterRow> quarters(std::string_view serial, std::int64_t from, std::int64_t to) const;
    bool knows(std::string_view serial) const;
    std::vector<std::string> serials() const;

  private:
    struct MeterPast {
        std::size_t number = 0;
        RecentCurve curve;
        MinuteBucket minute;
        QuarterEnergy energy;
        std::optional<CountersAt> saved; // counters in the file
    };
    template <typename Row>
    struct Waiting {
        std::deque<std::pair<std::size_t, Row>> rows;
        std::uint64_t first = 0; // number of the first of them

        void add(std::size_t meter, const Row& row, std::size_t most, std::uint64_t& dropped);
        void drop_until(std::uint64_t end);
        std::vector<std::pair<std::size_t, Row>> oldest(std::size_t most) const;
    };
    struct State {
        std::map<std::string, MeterPast, std::less<>> meters;
        std::map<std::string, CountersAt, std::less<>> earlier; // of meters not seen yet
        std::vector<std::string> serials;                       // by number
        Waiting<MinuteRow> minutes;
        Waiting<QuarterRow> quarters;
        std::uint64_t dropped = 0;

        MeterPast& past_of(const std::string& serial);
        void add(std::size_t meter, const std::optional<MinuteRow>& row);
        void add(std::size_t meter, const std::vector<QuarterRow>& rows);
    };

    Guarded<State> state_;
};

} // namespace gridbridge
