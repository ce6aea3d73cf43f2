#include "drivers/demand/interval_clock.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

const Clock::time_point start{1h};
constexpr int december_2026 = 12 * 2026 + 11;

Reading at(Clock::duration since, std::optional<int> meter_second) {
    Reading reading;
    reading.received = start + since;
    if (meter_second) {
        reading.meter_second = static_cast<std::int16_t>(*meter_second);
        reading.meter_month = static_cast<std::int16_t>(december_2026);
    }
    return reading;
}

LocalMoment wall(std::int64_t unix_s, int offset = 0) {
    return {unix_s * 1000, offset};
}

TEST(IntervalClock, TheMetersClockWins) {
    IntervalClock clock(15min);
    const auto moment = clock.take(at(0s, 910), wall(1'800'000'000 + 123));
    ASSERT_TRUE(moment);
    EXPECT_EQ(moment->elapsed, 10);
    EXPECT_EQ(moment->begin, start - 10s);
    EXPECT_EQ(moment->ended, std::nullopt) << "the first";
    EXPECT_EQ(moment->month, december_2026);
    EXPECT_EQ(moment->unix_begin, 1'800'000'000 + 113);
}

TEST(IntervalClock, WithoutAnyClockNothingIsKnown) {
    EXPECT_FALSE(IntervalClock(15min).take(at(0s, std::nullopt), std::nullopt));
}

TEST(IntervalClock, TheLengthDividesTheHourOfTheLocalTime) {
    constexpr std::int64_t at_45_01 = 500'000 * std::int64_t{3600} + 2701;
    const auto elapsed = [&](std::chrono::minutes length, int offset) {
        return IntervalClock(length).take(at(0s, std::nullopt), wall(at_45_01, offset))->elapsed;
    };
    EXPECT_EQ(elapsed(15min, 3600), 1);
    EXPECT_EQ(elapsed(30min, 3600), 901);
    EXPECT_EQ(elapsed(60min, 3600), 2701);
    EXPECT_EQ(elapsed(60min, 19800), 901) << "India";
}

TEST(IntervalClock, CountsWhatHasEnded) {
    IntervalClock clock(15min);
    clock.take(at(0s, 890), std::nullopt);
    EXPECT_EQ(clock.take(at(9s, 899), std::nullopt)->ended, 0);
    const auto next = clock.take(at(10s, 900), std::nullopt);
    EXPECT_EQ(next->ended, 1);
    EXPECT_EQ(next->begin, start + 10s);
    EXPECT_EQ(clock.take(at(10s + 45min, 0), std::nullopt)->ended, 3);
}

TEST(IntervalClock, IsCorrectedByAFewSecondsAndSetByMore) {
    IntervalClock clock(15min);
    clock.take(at(0s, 100), std::nullopt);
    EXPECT_EQ(clock.take(at(10s, 116), std::nullopt)->ended, 0) << "6 s fast, corrected";
    EXPECT_EQ(clock.take(at(20s, 146), std::nullopt)->ended, std::nullopt) << "set by 20 s";
    EXPECT_EQ(clock.take(at(30s, 156), std::nullopt)->ended, 0);
}

TEST(IntervalClock, ACorrectionBackOverTheBoundaryBeginsNothing) {
    IntervalClock clock(15min);
    clock.take(at(0s, 899), std::nullopt);
    EXPECT_EQ(clock.take(at(1s, 900), std::nullopt)->ended, 1);
    const auto back = clock.take(at(2s, 898), std::nullopt);
    EXPECT_EQ(back->ended, 0);
    EXPECT_EQ(back->elapsed, 0);
    EXPECT_EQ(clock.take(at(5s, 901), std::nullopt)->ended, 0);
}

TEST(IntervalClock, SummerTimeMovesNoQuarter) {
    IntervalClock clock(15min);
    const std::int64_t at_two = 1'774'742'400 + 3600; // 2026-03-29 01:00 UTC: 02:00 becomes 03:00
    clock.take(at(0s, std::nullopt), wall(at_two - 5, 3600));
    EXPECT_EQ(clock.take(at(5s, std::nullopt), wall(at_two, 7200))->ended, 1);
    EXPECT_EQ(clock.take(at(6s, std::nullopt), wall(at_two + 1, 7200))->ended, 0);
}

TEST(IntervalClock, AStampThatIsLeftOutForAWhileIsNoOtherClock) {
    IntervalClock clock(15min);
    clock.take(at(0s, 450), wall(1'800'000'000));
    const auto moment = clock.take(at(10s, std::nullopt), wall(1'800'000'010));
    EXPECT_EQ(moment->ended, 0);
    EXPECT_EQ(moment->elapsed, 460);
    EXPECT_EQ(moment->month, december_2026);
    EXPECT_EQ(clock.take(at(460s, std::nullopt), std::nullopt)->ended, 1);
}

TEST(IntervalClock, TheMonthIsThatOfTheBeginInLocalTime) {
    const std::int64_t new_year = 1'798'761'600; // 2027-01-01 00:00 UTC
    IntervalClock brussels(15min);
    EXPECT_EQ(brussels.take(at(0s, std::nullopt), wall(new_year - 3600, 3600))->month, 12 * 2027);
    EXPECT_EQ(IntervalClock(15min).take(at(0s, std::nullopt), wall(new_year - 1, 0))->month, december_2026);
}

} // namespace
} // namespace gridbridge
