#include "mqtt/history/history_query.hpp"

#include "mqtt/history/history_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace gridbridge {
namespace {

using testing::HasSubstr;

constexpr std::int64_t now = 1'764'500'400;

TEST(HistoryQuery, HasDefaults) {
    const auto [query, error] = parse_history_query("meter=BX%2F1", now);
    EXPECT_EQ(error, "");
    EXPECT_EQ(query.serial, "BX/1");
    EXPECT_EQ(query.resolution, Resolution::Minute);
    EXPECT_EQ(query.to, now + 1);
    EXPECT_EQ(query.from, now + 1 - 86400);
    EXPECT_EQ(query.points, default_points);
    EXPECT_EQ(parse_history_query("meter=a&resolution=recent", now).query.from, now + 1 - 600);
}

TEST(HistoryQuery, TakesWhatIsAsked) {
    const auto [query, error] =
        parse_history_query("from=1764400000&to=-2h&meter=a+b&points=10000&resolution=day", now);
    EXPECT_EQ(error, "");
    EXPECT_EQ(query.from, 1'764'400'000);
    EXPECT_EQ(query.to, now - 7200);
    EXPECT_EQ(query.points, 10'000U);
    EXPECT_EQ(query.resolution, Resolution::Day);
}

TEST(HistoryQuery, SaysWhatIsWrong) {
    const auto error = [](std::string_view text) { return parse_history_query(text, now).error; };
    EXPECT_THAT(error(""), HasSubstr("\"meter\" is missing"));
    EXPECT_THAT(error("meter="), HasSubstr("serial number"));
    EXPECT_THAT(error("meter=a%0A"), HasSubstr("serial number"));
    EXPECT_THAT(error("meter=a&points=0"), HasSubstr("from 1 to 10000"));
    EXPECT_THAT(error("meter=a&points=10001"), HasSubstr("from 1 to 10000"));
    EXPECT_THAT(error("meter=a&resolution=week"), HasSubstr("recent, minute, quarter, hour, day"));
    EXPECT_THAT(error("meter=a&from=-1"), HasSubstr("Unix time"));
    EXPECT_THAT(error("meter=a&from=yesterday"), HasSubstr("Unix time"));
    EXPECT_THAT(error("meter=a&from=-1h&to=-2h"), HasSubstr("before"));
    EXPECT_THAT(error("meter=a&form=-1h"), HasSubstr("did you mean \"from\"?"));
    EXPECT_THAT(error("meter=" + std::string(2000, 'a')), HasSubstr("longer"));
}

MinuteRow minute(int number, std::int32_t watts, std::int32_t readings = 1) {
    MinuteRow row;
    row.time = now + number * 60;
    row.readings = readings;
    row.spreads[0] = {watts, watts - 1, watts + 1};
    row.spreads[4] = {2301, 2300, 2302};
    return row;
}

HistoryTable table_of(const std::vector<MinuteRow>& rows, std::size_t points) {
    MinuteTable table(rows.front().time, rows.back().time + 60, points);
    for (const MinuteRow& row : rows) {
        table.take(row);
    }
    return table.finish();
}

TEST(HistoryTable, AGapIsARowOfNulls) {
    HistoryQuery query;
    query.serial = "a\"b";
    const std::string json = history_json(query, table_of({minute(0, 5), minute(1, 6), minute(9, 7)}, 100));
    EXPECT_THAT(json,
                HasSubstr(R"({"meter":"a\"b","resolution":"minute","columns":["time","power","power_min",)"));
    const std::string nulls = ",null,null,null";
    EXPECT_THAT(json, HasSubstr("[1764500400,5,4,6" + nulls + nulls + nulls + ",230.1,230,230.2" + nulls));
    EXPECT_THAT(json,
                HasSubstr("[1764500520" + nulls + nulls + nulls + nulls + nulls + nulls + nulls + "],["));
    EXPECT_THAT(json, HasSubstr("[1764500940,7,6,8"));
}

TEST(HistoryTable, NeighboursBecomeOneRowAndNoneIsDropped) {
    std::vector<MinuteRow> rows;
    for (int i = 0; i < 44640; ++i) {
        rows.push_back(minute(i, i % 1000, i % 3 + 1));
    }
    rows[20000].spreads[0].max = 99999;
    rows[30000].spreads[0].min = -99999;
    for (const std::size_t points : {1U, 2U, 7U, 1500U, 10000U}) {
        const HistoryTable table = table_of(rows, points);
        EXPECT_LE(table.rows(), points);
        EXPECT_GE(table.rows() * 2 + 1, points) << "not more are merged than needed";
        float min = 0;
        float max = 0;
        for (std::size_t row = 0; row < table.rows(); ++row) {
            min = std::min(min, table.cell(row, 1));
            max = std::max(max, table.cell(row, 2));
            EXPECT_GE(table.cell(row, 0), 0) << "a mean";
            EXPECT_LE(table.cell(row, 0), 999);
        }
        EXPECT_EQ(min, -99999);
        EXPECT_EQ(max, 99999);
    }
}

TEST(HistoryTable, AMeanIsWeightedByItsReadings) {
    const HistoryTable table = table_of({minute(0, 10, 1), minute(1, 40, 2)}, 1);
    ASSERT_EQ(table.rows(), 1U);
    EXPECT_EQ(table.text(0, 0), "30");
}

Period utc_day(std::int64_t time) {
    return {time - time % 86400, time - time % 86400 + 86400};
}

TEST(HistoryTable, HoursAndDaysAreSumsOfQuarters) {
    const std::int64_t day = now - now % 86400;
    std::vector<QuarterRow> rows;
    for (int i = 0; i < 96 * 3; ++i) {
        rows.push_back({day + i * 900, 10 + i / 96, i < 96 ? std::optional<std::int32_t>() : 2, i == 150});
    }
    HistoryQuery query;
    query.resolution = Resolution::Day;
    const HistoryTable days = energy_table(rows, query, utc_day);
    ASSERT_EQ(days.rows(), 3U);
    const auto line = [](const HistoryTable& table, std::size_t row) {
        return table.text(row, 0) + " " + table.text(row, 1) + " " + table.text(row, 2);
    };
    EXPECT_EQ(line(days, 0), "0.96  false");
    EXPECT_EQ(line(days, 1), "1.056 0.192 true");
    EXPECT_EQ(line(days, 2), "1.152 0.192 false");
    query.resolution = Resolution::Hour;
    EXPECT_EQ(energy_table(rows, query, utc_day).rows(), 72U);
    query.resolution = Resolution::Quarter;
    query.points = 100;
    EXPECT_LE(energy_table(rows, query, utc_day).rows(), 100U);
    rows.erase(rows.begin() + 5, rows.begin() + 7);
    query.points = 1000;
    const HistoryTable gap = energy_table(rows, query, utc_day);
    EXPECT_EQ(gap.rows(), 96U * 3 - 2 + 1);
    EXPECT_EQ(line(gap, 5), "  ");
    EXPECT_EQ(gap.time(5), (day + 5 * 900) * 1000);
}

TEST(HistoryTable, CsvHasAHeadingAndEmptyCells) {
    const HistoryTable table = table_of({minute(0, -5)}, 10);
    const std::string csv = history_csv(table, [](std::int64_t ms) { return std::to_string(ms); });
    EXPECT_EQ(csv.substr(0, 40), "time,power,power_min,power_max,power_l1,");
    EXPECT_THAT(csv, HasSubstr("\n1764500400000,-5,-6,-4,,,,,,,,,,230.1,230,230.2,,,,,,\n"));
}

TEST(HistoryTable, RecentPointsAreOnTheWallClock) {
    std::vector<RecentPoint> points;
    const Clock::time_point steady = Clock::time_point{} + std::chrono::hours(5);
    for (int i = 0; i < 100; ++i) {
        RecentPoint point{steady - std::chrono::milliseconds(100 * (99 - i)), {}};
        point.values.fill(static_cast<float>(i));
        points.push_back(point);
    }
    HistoryQuery query{"a", Resolution::Recent, now - 600, now + 1, 1500};
    const HistoryTable all = recent_table(points, query, steady, now * 1000 + 25);
    ASSERT_EQ(all.rows(), 100U);
    EXPECT_THAT(history_json(query, all), HasSubstr("[1764500399.925,98,98,"));
    query.points = 10;
    EXPECT_EQ(recent_table(points, query, steady, now * 1000).rows(), 10U);
    EXPECT_EQ(recent_table(points, query, steady, now * 1000).text(9, 0), "94.5") << "the mean of 90 to 99";
}

} // namespace
} // namespace gridbridge
