#include "mqtt/history/history_memory.hpp"

#include "mqtt/history/history_outlet.hpp"
#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr float nothing = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t noon = 1'764'500'400'000; // ms; a quarter of an hour begins

HistoryValues power(float value) {
    HistoryValues values;
    values.fill(nothing);
    values[0] = value;
    return values;
}

bool is_gap(const RecentPoint& point) {
    return std::all_of(point.values.begin(), point.values.end(),
                       [](float value) { return std::isnan(value); });
}

TEST(RecentCurve, KeepsTenMinutesAtTenPointsASecond) {
    RecentCurve curve;
    Clock::time_point now = Clock::time_point{} + 24h * 60; // beyond the 49 days that the points count
    for (int i = 0; i < 15 * 60 * 50; ++i) {                // 50 a second
        curve.take(now, power(static_cast<float>(i)), most_recent_points);
        now += 20ms;
    }
    const auto points = curve.points(now - 20ms);
    ASSERT_THAT(points, SizeIs(6000));
    EXPECT_EQ(points.back().at, now - 20ms);
    EXPECT_EQ(points.back().values[0], 15 * 60 * 50 - 1);
    EXPECT_GE(points.front().at, now - 10min - 20ms);
    for (std::size_t i = 1; i < points.size(); ++i) {
        EXPECT_GT(points[i].at, points[i - 1].at);
    }
    EXPECT_THAT(curve.points(now + 5min), SizeIs(testing::Le(3001U))) << "what is too old is not shown";
}

TEST(RecentCurve, ManyMetersShareTheBudget) {
    EXPECT_EQ(points_per_meter(1), most_recent_points);
    EXPECT_EQ(points_per_meter(16), most_recent_points);
    EXPECT_EQ(points_per_meter(250), 800U);
    RecentCurve curve;
    Clock::time_point now = Clock::time_point{} + 1h;
    for (int i = 0; i < 20 * 60 * 10; ++i) {
        curve.take(now, power(1), points_per_meter(250));
        now += 100ms;
    }
    EXPECT_LE(curve.size(), 800U);
    EXPECT_GE(curve.points(now).front().at, now - 10min);
    EXPECT_LE(curve.points(now).front().at, now - 9min) << "fewer points, not fewer minutes";
    constexpr std::size_t bytes_of_a_point = 40; // with what std::deque and the allocator add
    EXPECT_LE(all_recent_points * bytes_of_a_point, 8'000'000U);
}

TEST(RecentCurve, AGapIsOnePointAndBeginsOnce) {
    RecentCurve curve;
    const Clock::time_point now = Clock::time_point{} + 1h;
    curve.take(now, power(nothing), most_recent_points);
    EXPECT_EQ(curve.size(), 0U) << "nothing before the first value";
    curve.take(now, power(5), most_recent_points);
    curve.take(now + 10ms, power(nothing), most_recent_points);
    curve.take(now + 2s, power(nothing), most_recent_points);
    curve.take(now + 3s, power(6), most_recent_points);
    const auto points = curve.points(now + 3s);
    ASSERT_THAT(points, SizeIs(3));
    EXPECT_TRUE(is_gap(points[1]));
    EXPECT_EQ(points[2].values[0], 6);
}

HistoryReading reading_of(const HistoryValues& values) {
    HistoryReading reading;
    reading.values = values;
    return reading;
}

// Against an independent count of the same readings.
TEST(MinuteRows, AreMinimumMeanAndMaximumOfAllReadings) {
    std::mt19937 random(3); // NOLINT: the same each time
    HistoryMemory memory;
    struct Seen {
        std::vector<double> values;
    };
    std::map<std::int64_t, std::array<Seen, history_width>> seen;
    std::map<std::int64_t, int> count;
    std::int64_t wall = noon;
    Clock::time_point now = Clock::time_point{} + 1h;
    for (int i = 0; i < 20000; ++i) {
        HistoryValues values;
        bool has_any = false;
        for (std::size_t q = 0; q < history_width; ++q) {
            const bool is_null = random() % 10 == 0;
            const auto value = static_cast<float>(static_cast<int>(random() % 600000) - 300000) / 64;
            values[q] = is_null ? nothing : value;
            if (!is_null) {
                seen[wall / 60000][q].values.push_back(static_cast<double>(value));
                has_any = true;
            }
        }
        count[wall / 60000] += has_any ? 1 : 0;
        memory.take("a", now, set_wall_clock(wall), reading_of(values));
        const auto pause = random() % 100 == 0 ? random() % 200000 : random() % 1500;
        wall += pause;
        now += std::chrono::milliseconds(pause);
    }
    const auto rows = memory.minutes("a", 0, std::numeric_limits<std::int64_t>::max());
    ASSERT_EQ(rows.size(), seen.size());
    for (const MinuteRow& row : rows) {
        const auto& minute = seen.at(row.time / 60);
        EXPECT_EQ(row.readings, count.at(row.time / 60));
        for (std::size_t q = 0; q < history_width; ++q) {
            const auto& values = minute[q].values;
            if (values.empty()) {
                EXPECT_EQ(row.spreads[q], Spread());
                continue;
            }
            double sum = 0;
            for (const double value : values) {
                sum += value;
            }
            const double scale = history_quantities[q].scale;
            EXPECT_EQ(row.spreads[q].min,
                      std::lround(*std::min_element(values.begin(), values.end()) * scale));
            EXPECT_EQ(row.spreads[q].max,
                      std::lround(*std::max_element(values.begin(), values.end()) * scale));
            EXPECT_NEAR(row.spreads[q].mean, sum / static_cast<double>(values.size()) * scale, 0.5001);
            EXPECT_LE(row.spreads[q].min, row.spreads[q].mean);
            EXPECT_LE(row.spreads[q].mean, row.spreads[q].max);
        }
    }
}

TEST(MinuteRows, TwoPartsOfAMinuteAreOne) {
    MinuteRow a;
    a.readings = 3;
    a.spreads[0] = {10, 5, 20};
    MinuteRow b;
    b.readings = 1;
    b.spreads[0] = {30, 30, 30};
    b.spreads[4] = {2300, 2290, 2310};
    const MinuteRow both = merged(a, b);
    EXPECT_EQ(both.readings, 4);
    EXPECT_EQ(both.spreads[0], (Spread{15, 5, 30}));
    EXPECT_EQ(both.spreads[4], (Spread{2300, 2290, 2310}));
    EXPECT_EQ(both.spreads[1], Spread());
}

class HistoryOutletTest : public testing::Test {
  protected:
    void read(double watts, double import_kwh) {
        meter_.reading = Reading();
        meter_.reading.received = now_;
        meter_.reading.set(Quantity::Power, watts);
        meter_.reading.set(Quantity::EnergyForward, import_kwh);
        outlet_.reading(meter_, now_, out_);
    }
    void pass(std::chrono::milliseconds time) {
        now_ += time;
        wall_ += time.count();
    }
    std::vector<MinuteRow> minutes() { return memory_->minutes(serial_, 0, wall_); }

    std::shared_ptr<HistoryMemory> memory_ = std::make_shared<HistoryMemory>();
    Clock::time_point now_ = Clock::time_point{} + 1h;
    std::int64_t wall_ = noon;
    HistoryOutlet outlet_{memory_, [this] { return wall_; }};
    Messages out_;
    Meter meter_ = live_grid_meter(now_);
    std::string serial_ = meter_.info.serial;
};

TEST_F(HistoryOutletTest, ALossIsAGapAndAMinuteWithoutReadingsDoesNotExist) {
    read(100, 1);
    pass(5s);
    outlet_.lost(meter_, now_, out_);
    pass(3min);
    read(200, 1.1);
    EXPECT_TRUE(out_.empty());
    ASSERT_THAT(memory_->recent(serial_, now_), SizeIs(3));
    EXPECT_TRUE(is_gap(memory_->recent(serial_, now_)[1]));
    ASSERT_THAT(minutes(), SizeIs(2));
    EXPECT_EQ(minutes()[1].time - minutes()[0].time, 180);
}

TEST_F(HistoryOutletTest, AReadingThatIsToldTwiceCountsOnce) {
    read(100, 1);
    outlet_.reading(meter_, now_, out_); // under another role
    ASSERT_THAT(minutes(), SizeIs(1));
    EXPECT_EQ(minutes()[0].readings, 1);
}

TEST_F(HistoryOutletTest, WhatHasFadedIsNoReading) {
    read(100, 1);
    pass(30s);
    meter_.faded = true;
    meter_.reading.clear(Quantity::Power);
    outlet_.reading(meter_, now_, out_);
    ASSERT_THAT(minutes(), SizeIs(1));
    EXPECT_EQ(minutes()[0].readings, 1);
    EXPECT_TRUE(is_gap(memory_->recent(serial_, now_).back()));
}

TEST_F(HistoryOutletTest, WithoutAWallClockThereIsTheCurveAlone) {
    wall_ = 86'400'000; // 1970
    for (int i = 0; i < 200; ++i) {
        read(i, i);
        pass(1s);
    }
    EXPECT_THAT(memory_->recent(serial_, now_), SizeIs(200));
    EXPECT_THAT(minutes(), IsEmpty());
    EXPECT_THAT(memory_->quarters(serial_, 0, noon), IsEmpty());
    wall_ = noon; // it is set
    for (int i = 200; i < 261; ++i) {
        read(i, i);
        pass(1s);
    }
    EXPECT_THAT(minutes(), SizeIs(2));
}

TEST_F(HistoryOutletTest, QuartersFollowTheClockOfTheMeter) {
    const auto feed = [&](int seconds) { // its clock is 100 s ahead of ours
        for (int i = 0; i < seconds; ++i) {
            const std::int64_t second = (wall_ / 1000 + 100) % 3600;
            meter_.reading = Reading();
            meter_.reading.received = now_;
            meter_.reading.meter_second = static_cast<std::int16_t>(second);
            meter_.reading.set(Quantity::EnergyForward, static_cast<double>((wall_ - noon) / 1000) / 1000);
            outlet_.reading(meter_, now_, out_);
            pass(1s);
        }
    };
    feed(2700);
    const auto rows = memory_->batch(set_wall_clock(wall_)).quarters;
    ASSERT_THAT(rows, SizeIs(3));
    EXPECT_EQ(rows[0].second, (QuarterRow{noon / 1000, 800, std::nullopt, true})) << "from 100 s on";
    EXPECT_EQ(rows[1].second, (QuarterRow{noon / 1000 + 900, 900, std::nullopt, false}));
}

TEST_F(HistoryOutletTest, AGasMeterHasNoHistory) {
    meter_.reading = Reading();
    meter_.reading.received = now_;
    meter_.reading.set(Quantity::Volume, 5);
    outlet_.reading(meter_, now_, out_);
    EXPECT_THAT(memory_->serials(), IsEmpty());
}

TEST(HistoryMemoryBatch, KeepsWhatWasNotWrittenAndNoMoreThanItsBound) {
    HistoryMemory memory;
    Clock::time_point now = Clock::time_point{} + 1h;
    std::int64_t wall = noon;
    const auto feed = [&](std::size_t minutes) {
        for (std::size_t i = 0; i < minutes; ++i) {
            memory.take("a", now, set_wall_clock(wall), reading_of(power(static_cast<float>(i))));
            wall += 60000;
            now += 1min;
        }
    };
    feed(10);
    const HistoryBatch batch = memory.batch(set_wall_clock(wall));
    ASSERT_THAT(batch.minutes, SizeIs(10)) << "also the newest: it is over";
    EXPECT_TRUE(batch.is_last);
    EXPECT_THAT(memory.batch(set_wall_clock(wall)).minutes, SizeIs(10)) << "not written yet";
    feed(1);
    memory.written(batch);
    EXPECT_THAT(memory.batch(set_wall_clock(wall)).minutes, SizeIs(1));
    feed(most_waiting_minutes + 100);
    EXPECT_EQ(memory.batch(set_wall_clock(wall)).minutes.size(), most_batch_rows);
    EXPECT_FALSE(memory.batch(set_wall_clock(wall)).is_last);
    EXPECT_EQ(memory.dropped(), 101U);
    EXPECT_THAT(memory.minutes("a", 0, wall), SizeIs(most_waiting_minutes));
}

} // namespace
} // namespace gridbridge
