// Rows of the history as whoever asked gets them. Pure.
#pragma once

#include "mqtt/history/history_query.hpp"
#include "mqtt/history/history_rows.hpp"
#include "mqtt/history/recent_curve.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct HistoryColumn {
    std::string name;
    int decimals = 0;
    bool is_flag = false; // JSON true and false
};

// Rows ascending by time. A row of nulls behind the last row before a gap.
class HistoryTable {
  public:
    explicit HistoryTable(std::vector<HistoryColumn> columns) : columns_(std::move(columns)) {}

    const std::vector<HistoryColumn>& columns() const { return columns_; } // without "time"
    std::size_t rows() const { return times_.size(); }
    std::int64_t time(std::size_t row) const { return times_[row]; } // Unix time, ms
    float cell(std::size_t row, std::size_t column) const {          // NaN: null
        return cells_[row * columns_.size() + column];
    }
    void add(std::int64_t time_ms, const std::vector<float>& cells);
    void add_gap(std::int64_t time_ms);
    std::string text(std::size_t row, std::size_t column) const; // empty: null

  private:
    std::vector<HistoryColumn> columns_;
    std::vector<std::int64_t> times_;
    std::vector<float> cells_;
};

std::vector<HistoryColumn> history_columns(Resolution resolution);

// `now` and `wall_ms` are one moment.
HistoryTable recent_table(const std::vector<RecentPoint>& points, const HistoryQuery& query,
                          Clock::time_point now, std::int64_t wall_ms);

// Takes minutes one by one, ascending: a month of them is never in memory. `from` and `to` are those of the
// query, cut to what there is; so many neighbours become one row that no more than `points` are left.
class MinuteTable {
  public:
    MinuteTable(std::int64_t from, std::int64_t to, std::size_t points);
    void take(const MinuteRow& row);
    HistoryTable finish();

  private:
    void add(const MinuteRow& row);

    std::int64_t width_; // s
    std::optional<MinuteRow> row_;
    HistoryTable table_;
    std::int64_t next_ = 0; // where the next row goes on without a gap; 0: there is none before
};

// Where the hour or day of `time` begins and ends, Unix time in s; of days by the local time.
struct Period {
    std::int64_t begin = 0;
    std::int64_t end = 0;
};
using PeriodOf = std::function<Period(std::int64_t time)>;

// Ascending rows; sums of those that belong together.
HistoryTable energy_table(const std::vector<QuarterRow>& rows, const HistoryQuery& query,
                          const PeriodOf& local_day);

// {"meter":"...","resolution":"minute","columns":["time",...],"rows":[[1764500000,123,...],...]}; times in s,
// of Recent with three decimals.
std::string history_json(const HistoryQuery& query, const HistoryTable& table);
// A heading, then a line for each row; `time_text` writes a time (Unix time, ms).
std::string history_csv(const HistoryTable& table, const std::function<std::string(std::int64_t)>& time_text);

} // namespace gridbridge
