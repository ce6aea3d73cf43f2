#include "app/history/history_answer.hpp"

#include "app/history/history_file.hpp"
#include "mqtt/outlet/payload.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <optional>
#include <system_error>

namespace gridbridge {
namespace {

constexpr std::int64_t second_in_ms = 1000;

std::tm local_of(std::int64_t time) {
    const auto seconds = static_cast<std::time_t>(time);
    std::tm local{};
    localtime_r(&seconds, &local);
    return local;
}

std::optional<HistoryFile> open_file(const HistorySources& sources) {
    std::error_code error;
    if (sources.path.empty() || !std::filesystem::exists(sources.path, error)) {
        return std::nullopt;
    }
    return std::optional<HistoryFile>(std::in_place, sources.path, HistoryFile::Use::Read);
}

// Rows on disk and rows that wait, which may be the same ones: they were written meanwhile. What waits is
// asked first, so none is missed. A row that is under way goes on one that was written before.
template <typename Row>
void add_waiting(std::vector<Row>& rows, const std::vector<Row>& waiting) {
    for (const Row& row : waiting) {
        const auto place = std::lower_bound(rows.begin(), rows.end(), row,
                                            [](const Row& a, const Row& b) { return a.time < b.time; });
        if (place == rows.end() || place->time != row.time) {
            rows.insert(place, row);
        }
    }
}

std::int64_t newest_time(const std::vector<MinuteRow>& rows, std::int64_t other) {
    return rows.empty() ? other : std::max(other, rows.back().time);
}

HistoryTable minute_rows(const HistoryQuery& query, const HistorySources& sources) {
    const auto waiting = sources.memory != nullptr
                             ? sources.memory->minutes(query.serial, query.from, query.to)
                             : std::vector<MinuteRow>();
    auto file = open_file(sources);
    const auto range = file ? file->minute_range() : std::nullopt;
    if (!range && waiting.empty()) {
        return HistoryTable(history_columns(Resolution::Minute));
    }
    const std::int64_t first = range && !waiting.empty() ? std::min(range->first, waiting.front().time)
                               : range                   ? range->first
                                                         : waiting.front().time;
    const std::int64_t last = newest_time(waiting, range ? range->second : 0);
    MinuteTable table(std::max(query.from, first), std::min(query.to, last + minute_seconds), query.points);
    auto next = waiting.begin();
    const auto take_waiting = [&](std::int64_t before) {
        for (; next != waiting.end() && next->time < before; ++next) {
            table.take(*next);
        }
    };
    if (file) {
        file->minutes(query.serial, query.from, query.to, [&](const MinuteRow& row) {
            take_waiting(row.time);
            if (next != waiting.end() && next->time == row.time) {
                ++next; // written meanwhile
            }
            table.take(row);
        });
    }
    take_waiting(std::numeric_limits<std::int64_t>::max());
    return table.finish();
}

HistoryTable quarter_rows(const HistoryQuery& query, const HistorySources& sources) {
    const auto waiting = sources.memory != nullptr
                             ? sources.memory->quarters(query.serial, query.from, query.to)
                             : std::vector<QuarterRow>();
    std::vector<QuarterRow> rows;
    if (auto file = open_file(sources)) {
        file->quarters(query.serial, query.from, query.to,
                       [&](const QuarterRow& row) { rows.push_back(row); });
    }
    add_waiting(rows, waiting);
    return energy_table(rows, query, local_day);
}

bool is_known(const HistoryQuery& query, const HistorySources& sources) {
    if (sources.memory != nullptr && sources.memory->knows(query.serial)) {
        return true;
    }
    auto file = open_file(sources);
    const auto serials = file ? file->serials() : std::vector<std::string>();
    return std::find(serials.begin(), serials.end(), query.serial) != serials.end();
}

std::string error_json(const std::string& text) {
    return "{\"error\":" + json_text(text) + "}";
}

} // namespace

Period local_day(std::int64_t time) {
    const auto midnight = [](std::tm day, int further) {
        day.tm_mday += further;
        day.tm_hour = day.tm_min = day.tm_sec = 0;
        day.tm_isdst = -1;
        return static_cast<std::int64_t>(std::mktime(&day));
    };
    const std::tm local = local_of(time);
    return {midnight(local, 0), midnight(local, 1)};
}

std::string local_time_text(std::int64_t unix_ms) {
    const std::int64_t part = (unix_ms % second_in_ms + second_in_ms) % second_in_ms;
    const std::tm local = local_of((unix_ms - part) / second_in_ms);
    std::array<char, 64> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &local);
    std::string all = text.data();
    if (part != 0) {
        std::snprintf(text.data(), text.size(), ".%03d", static_cast<int>(part));
        all += text.data();
    }
    constexpr long minute = 60;
    const long offset = local.tm_gmtoff / minute;
    std::snprintf(text.data(), text.size(), "%c%02ld:%02ld", offset < 0 ? '-' : '+',
                  std::labs(offset) / minute, std::labs(offset) % minute);
    return all + text.data();
}

HistoryTable history_table(const HistoryQuery& query, const HistorySources& sources) {
    switch (query.resolution) {
    case Resolution::Recent:
        return recent_table(sources.memory != nullptr ? sources.memory->recent(query.serial, sources.now)
                                                      : std::vector<RecentPoint>(),
                            query, sources.now, sources.wall_ms);
    case Resolution::Minute:
        return minute_rows(query, sources);
    default:
        return quarter_rows(query, sources);
    }
}

HistoryReply history_reply(std::string_view query_string, const HistorySources& sources) {
    constexpr int ok = 200;
    constexpr int bad_request = 400;
    constexpr int not_found = 404;
    constexpr int unavailable = 503;
    const auto [query, error] = parse_history_query(query_string, sources.wall_ms / second_in_ms);
    if (!error.empty()) {
        return {bad_request, error_json(error)};
    }
    try {
        if (!is_known(query, sources)) {
            return {not_found, error_json("no meter " + json_text(query.serial) + " is known")};
        }
        return {ok, history_json(query, history_table(query, sources))};
    } catch (const HistoryFileError& failure) {
        return {unavailable, error_json(failure.what())};
    }
}

} // namespace gridbridge
