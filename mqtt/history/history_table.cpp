#include "mqtt/history/history_table.hpp"

#include "mqtt/outlet/payload.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

namespace gridbridge {
namespace {

constexpr float unknown = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t second_ms = 1000;
constexpr std::int64_t hour_seconds = 3600;

std::int64_t floor_to(std::int64_t time, std::int64_t width) {
    return time - ((time % width) + width) % width;
}

// Of `count` rows that become at most `points`.
std::size_t rows_in_one(std::size_t count, std::size_t points) {
    return (count + points - 1) / points;
}

float cell_of(std::int32_t value, int scale) {
    return value == no_value ? unknown : static_cast<float>(value) / static_cast<float>(scale);
}

std::vector<float> cells_of(const MinuteRow& row) {
    std::vector<float> cells;
    for (std::size_t i = 0; i < history_width; ++i) {
        const int scale = history_quantities[i].scale;
        const Spread& spread = row.spreads[i];
        for (const std::int32_t value : {spread.mean, spread.min, spread.max}) {
            cells.push_back(cell_of(value, scale));
        }
    }
    return cells;
}

float kwh_of(std::optional<std::int64_t> wh) {
    constexpr double wh_per_kwh = 1000;
    return wh ? static_cast<float>(static_cast<double>(*wh) / wh_per_kwh) : unknown;
}

// Of quarters that belong together.
struct EnergySum {
    Period period;
    std::optional<std::int64_t> import_wh, export_wh;
    bool estimated = false;

    void add(const QuarterRow& row) {
        const auto more = [](std::optional<std::int64_t>& sum, std::optional<std::int32_t> wh) {
            sum = wh ? std::optional<std::int64_t>(sum.value_or(0) + *wh) : sum;
        };
        more(import_wh, row.import_wh);
        more(export_wh, row.export_wh);
        estimated = estimated || row.estimated;
    }
};

Period period_of(std::int64_t time, Resolution resolution, const PeriodOf& local_day) {
    if (resolution == Resolution::Day) {
        return local_day(time);
    }
    const std::int64_t width = resolution == Resolution::Hour ? hour_seconds : quarter_seconds;
    return {floor_to(time, width), floor_to(time, width) + width};
}

// A gap after a row that does not reach to the next one.
std::vector<std::optional<EnergySum>> with_gaps(const std::vector<EnergySum>& sums) {
    std::vector<std::optional<EnergySum>> all;
    for (const EnergySum& sum : sums) {
        if (!all.empty() && all.back() && all.back()->period.end < sum.period.begin) {
            all.emplace_back();
        }
        all.emplace_back(sum);
    }
    return all;
}

std::string number_of(double value, int decimals) {
    std::array<char, 64> text{};
    const int size = std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
    std::string number(text.data(), static_cast<std::size_t>(std::max(size, 0)));
    if (decimals > 0) {
        number.erase(number.find_last_not_of('0') + 1);
        number.erase(number.find_last_not_of('.') + 1);
    }
    return number == "-0" ? "0" : number;
}

std::vector<float> mean_of(const std::vector<RecentPoint>& points, std::size_t first, std::size_t end) {
    std::vector<float> cells(history_width, unknown);
    for (std::size_t i = 0; i < history_width; ++i) {
        double sum = 0;
        int count = 0;
        for (std::size_t row = first; row < end; ++row) {
            const float value = points[row].values[i];
            sum += std::isnan(value) ? 0.0 : static_cast<double>(value);
            count += std::isnan(value) ? 0 : 1;
        }
        cells[i] = count == 0 ? unknown : static_cast<float>(sum / count);
    }
    return cells;
}

} // namespace

void HistoryTable::add(std::int64_t time_ms, const std::vector<float>& cells) {
    times_.push_back(time_ms);
    cells_.insert(cells_.end(), cells.begin(), cells.end());
}

void HistoryTable::add_gap(std::int64_t time_ms) {
    add(time_ms, std::vector<float>(columns_.size(), unknown));
}

std::string HistoryTable::text(std::size_t row, std::size_t column) const {
    const float value = cell(row, column);
    const HistoryColumn& about = columns_[column];
    if (std::isnan(value)) {
        return {};
    }
    if (about.is_flag) {
        return value != 0 ? "true" : "false";
    }
    return number_of(static_cast<double>(value), about.decimals);
}

std::vector<HistoryColumn> history_columns(Resolution resolution) {
    if (resolution != Resolution::Recent && resolution != Resolution::Minute) {
        return {{"import_kwh", 3}, {"export_kwh", 3}, {"estimated", 0, true}};
    }
    std::vector<HistoryColumn> columns;
    for (const HistoryQuantity& row : history_quantities) {
        const std::string name(row.name);
        if (resolution == Resolution::Recent) {
            columns.push_back({name, 2});
            continue;
        }
        for (const char* const kind : {"", "_min", "_max"}) {
            columns.push_back({name + kind, row.scale == 1 ? 0 : 1});
        }
    }
    return columns;
}

HistoryTable recent_table(const std::vector<RecentPoint>& points, const HistoryQuery& query,
                          Clock::time_point now, std::int64_t wall_ms) {
    HistoryTable table(history_columns(Resolution::Recent));
    const auto wall_of = [&](const RecentPoint& point) {
        return wall_ms - std::chrono::duration_cast<std::chrono::milliseconds>(now - point.at).count();
    };
    std::vector<RecentPoint> asked;
    std::copy_if(points.begin(), points.end(), std::back_inserter(asked), [&](const RecentPoint& point) {
        return wall_of(point) >= query.from * second_ms && wall_of(point) < query.to * second_ms;
    });
    const std::size_t step = std::max<std::size_t>(rows_in_one(asked.size(), query.points), 1);
    for (std::size_t first = 0; first < asked.size(); first += step) {
        table.add(wall_of(asked[first]), mean_of(asked, first, std::min(first + step, asked.size())));
    }
    return table;
}

MinuteTable::MinuteTable(std::int64_t from, std::int64_t to, std::size_t points)
    : table_(history_columns(Resolution::Minute)) {
    const std::int64_t first = floor_to(from, minute_seconds);
    // One more than fits: a wide row may begin before the first minute.
    const auto minutes =
        static_cast<std::size_t>(std::max<std::int64_t>((to - first) / minute_seconds, 0)) + 1;
    const std::size_t wide =
        minutes <= points ? 1 : rows_in_one(minutes, std::max<std::size_t>(points - 1, 1));
    width_ = static_cast<std::int64_t>(points == 1 ? minutes * 2 : wide) * minute_seconds;
}

void MinuteTable::take(const MinuteRow& row) {
    const std::int64_t begin = floor_to(row.time, width_);
    if (row_ && row_->time == begin) {
        row_ = merged(*row_, row);
        return;
    }
    if (row_) {
        add(*row_);
    }
    row_ = row;
    row_->time = begin;
}

void MinuteTable::add(const MinuteRow& row) {
    if (next_ != 0 && next_ < row.time) {
        table_.add_gap(next_ * second_ms);
    }
    table_.add(row.time * second_ms, cells_of(row));
    next_ = row.time + width_;
}

HistoryTable MinuteTable::finish() {
    if (row_) {
        add(*row_);
        row_.reset();
    }
    return std::move(table_);
}

HistoryTable energy_table(const std::vector<QuarterRow>& rows, const HistoryQuery& query,
                          const PeriodOf& local_day) {
    std::vector<EnergySum> sums;
    for (const QuarterRow& row : rows) {
        if (sums.empty() || row.time >= sums.back().period.end) {
            sums.push_back({period_of(row.time, query.resolution, local_day), {}, {}, false});
        }
        sums.back().add(row);
    }
    const auto all = with_gaps(sums);
    HistoryTable table(history_columns(query.resolution));
    const std::size_t step = std::max<std::size_t>(rows_in_one(all.size(), query.points), 1);
    std::int64_t gap_at = 0;
    for (std::size_t first = 0; first < all.size(); first += step) {
        EnergySum sum;
        std::optional<std::int64_t> begin;
        for (std::size_t i = first; i < std::min(first + step, all.size()); ++i) {
            if (all[i]) {
                begin = begin.value_or(all[i]->period.begin);
                gap_at = all[i]->period.end;
                const auto add = [](std::optional<std::int64_t>& to, std::optional<std::int64_t> wh) {
                    to = wh ? std::optional<std::int64_t>(to.value_or(0) + *wh) : to;
                };
                add(sum.import_wh, all[i]->import_wh);
                add(sum.export_wh, all[i]->export_wh);
                sum.estimated = sum.estimated || all[i]->estimated;
            }
        }
        if (begin) {
            table.add(*begin * second_ms,
                      {kwh_of(sum.import_wh), kwh_of(sum.export_wh), sum.estimated ? 1.0F : 0.0F});
        } else {
            table.add_gap(gap_at * second_ms);
        }
    }
    return table;
}

std::string history_json(const HistoryQuery& query, const HistoryTable& table) {
    std::string text = "{\"meter\":" + json_text(query.serial) + ",\"resolution\":\"" +
                       std::string(name_in(resolution_names, query.resolution)) + "\",\"columns\":[\"time\"";
    for (const HistoryColumn& column : table.columns()) {
        text += ",\"" + column.name + "\"";
    }
    text += "],\"rows\":[";
    constexpr int ms_decimals = 3;
    for (std::size_t row = 0; row < table.rows(); ++row) {
        text += row == 0 ? "[" : ",[";
        text += number_of(static_cast<double>(table.time(row)) / static_cast<double>(second_ms), ms_decimals);
        for (std::size_t column = 0; column < table.columns().size(); ++column) {
            const std::string cell = table.text(row, column);
            text += cell.empty() ? ",null" : "," + cell;
        }
        text += "]";
    }
    return text + "]}";
}

std::string history_csv(const HistoryTable& table,
                        const std::function<std::string(std::int64_t)>& time_text) {
    std::string text = "time";
    for (const HistoryColumn& column : table.columns()) {
        text += "," + column.name;
    }
    text += "\n";
    for (std::size_t row = 0; row < table.rows(); ++row) {
        text += time_text(table.time(row));
        for (std::size_t column = 0; column < table.columns().size(); ++column) {
            text += "," + table.text(row, column);
        }
        text += "\n";
    }
    return text;
}

} // namespace gridbridge
