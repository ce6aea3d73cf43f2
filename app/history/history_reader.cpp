#include "app/history/history_file.hpp"
#include "app/history/history_sql.hpp"
#include "app/history/history_statement.hpp"

namespace gridbridge {

std::vector<std::pair<std::string, CountersAt>> HistoryFile::counters() {
    std::vector<std::pair<std::string, CountersAt>> all;
    Statement look(*this, "SELECT serial,time,import_wh,export_wh FROM meter WHERE time IS NOT NULL");
    while (look.step()) {
        all.emplace_back(look.text(0),
                         CountersAt{look.number(1).value_or(0), look.number(2), look.number(3)});
    }
    return all;
}

std::vector<std::string> HistoryFile::serials() {
    std::vector<std::string> all;
    Statement look(*this, "SELECT serial FROM meter ORDER BY id");
    while (look.step()) {
        all.push_back(look.text(0));
    }
    return all;
}

void HistoryFile::minutes(std::string_view serial, std::int64_t from, std::int64_t to,
                          const std::function<void(const MinuteRow& row)>& take) {
    const auto number = find_number(serial);
    if (!number) {
        return;
    }
    Statement look(*this, select_minutes_sql());
    look.bind(1, history_key(from + minute_seconds - 1, minute_seconds, 0));
    look.bind(2, history_key(to + minute_seconds - 1, minute_seconds, 0));
    look.bind(3, *number);
    while (look.step()) {
        MinuteRow row;
        row.time = look.number(0).value_or(0) / meters_per_time * minute_seconds;
        row.readings = static_cast<std::int32_t>(look.number(1).value_or(0));
        int column = 2;
        for (Spread& spread : row.spreads) {
            for (std::int32_t* const value : {&spread.mean, &spread.min, &spread.max}) {
                *value = static_cast<std::int32_t>(look.number(column++).value_or(no_value));
            }
        }
        take(row);
    }
}

void HistoryFile::quarters(std::string_view serial, std::int64_t from, std::int64_t to,
                           const std::function<void(const QuarterRow& row)>& take) {
    const auto number = find_number(serial);
    if (!number) {
        return;
    }
    Statement look(*this, select_quarters_sql);
    look.bind(1, history_key(from + quarter_seconds - 1, quarter_seconds, 0));
    look.bind(2, history_key(to + quarter_seconds - 1, quarter_seconds, 0));
    look.bind(3, *number);
    const auto small = [](std::optional<std::int64_t> wh) {
        return wh ? std::optional<std::int32_t>(static_cast<std::int32_t>(*wh)) : std::nullopt;
    };
    while (look.step()) {
        take({look.number(0).value_or(0) / meters_per_time * quarter_seconds, small(look.number(1)),
              small(look.number(2)), look.number(3).value_or(0) != 0});
    }
}

std::optional<std::pair<std::int64_t, std::int64_t>> HistoryFile::minute_range() {
    Statement look(*this, "SELECT (SELECT min(key) FROM minute),(SELECT max(key) FROM minute)");
    if (!look.step() || !look.number(0)) {
        return std::nullopt;
    }
    const auto begin_at = [&](int column) {
        return look.number(column).value_or(0) / meters_per_time * minute_seconds;
    };
    return std::pair(begin_at(0), begin_at(1));
}

} // namespace gridbridge
