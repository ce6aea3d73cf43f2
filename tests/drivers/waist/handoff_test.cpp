#include "drivers/waist/handoff.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr SourceId meter_a{0, 0};
constexpr SourceId meter_b{1, 0};

Reading power(double watts) {
    Reading reading;
    reading.set(Quantity::Power, watts);
    return reading;
}

TEST(Handoff, NewerReadingReplacesAnOlderOne) {
    Handoff handoff;
    MeterCounters counters;
    counters.good = 2;
    handoff.put(meter_b, power(1), {});
    handoff.put(meter_a, power(2), {});
    handoff.put(meter_b, power(3), counters);
    const auto news = handoff.take(Clock::now(), {});
    ASSERT_EQ(news.size(), 2U);
    EXPECT_EQ(news[0].source, meter_a);
    EXPECT_EQ(news[1].reading->get(Quantity::Power), 3.0);
    EXPECT_EQ(news[1].counters->good, 2U);
    EXPECT_TRUE(handoff.take(Clock::now(), {}).empty());
}

TEST(Handoff, AReadingFromBeforeALossIsDropped) {
    Handoff handoff;
    handoff.put(meter_a, power(1), {});
    handoff.lose(meter_a, "unplugged", {});
    auto news = handoff.take(Clock::now(), {});
    ASSERT_EQ(news.size(), 1U);
    EXPECT_FALSE(news[0].reading);
    EXPECT_EQ(news[0].lost, "unplugged");

    handoff.lose(meter_a, "unplugged", {});
    handoff.put(meter_a, power(2), {});
    news = handoff.take(Clock::now(), {});
    EXPECT_FALSE(news[0].lost) << "the meter is back";
    EXPECT_TRUE(news[0].reading);
}

TEST(Handoff, WhatComesInOneTelegramIsTakenTogether) {
    Handoff handoff;
    {
        const WakeAtEnd wake(handoff);
        handoff.put(meter_a, power(3), {}, Wake::Later);
        handoff.put(meter_b, power(4), {}, Wake::Later);
    }
    const auto news = handoff.take(Clock::now() + 60s, {});
    ASSERT_EQ(news.size(), 2U);
    EXPECT_EQ(news[1].reading->get(Quantity::Power), 4.0);
}

TEST(Handoff, WaitsEndByNewsByWakeByStopAndByDeadline) {
    Handoff handoff;
    {
        const std::jthread driver([&] { handoff.put(meter_a, power(1), {}); });
        EXPECT_EQ(handoff.take(Clock::now() + 60s, {}).size(), 1U);
    }
    {
        const std::jthread client([&] { handoff.wake(); });
        EXPECT_TRUE(handoff.take(Clock::now() + 60s, {}).empty());
    }
    {
        std::stop_source stop;
        const std::jthread stopper([&] { stop.request_stop(); });
        EXPECT_TRUE(handoff.take(Clock::now() + 60s, stop.get_token()).empty());
    }
    EXPECT_TRUE(handoff.take(Clock::now() + 1ms, {}).empty());
}

TEST(Handoff, ManyDriversOnePublisher) {
    Handoff handoff;
    constexpr int drivers = 4;
    constexpr int readings = 500;
    std::array<double, drivers> last{};
    {
        std::vector<std::jthread> threads;
        for (int d = 0; d < drivers; ++d) {
            threads.emplace_back([&, d] {
                for (int i = 1; i <= readings; ++i) {
                    handoff.put(SourceId{static_cast<std::uint16_t>(d), 0}, power(i), {});
                }
            });
        }
        const auto deadline = Clock::now() + 60s;
        while (Clock::now() < deadline &&
               last != std::array<double, drivers>{readings, readings, readings, readings}) {
            for (const MeterUpdate& update : handoff.take(deadline, {})) {
                const double value = *update.reading->get(Quantity::Power);
                EXPECT_GT(value, last.at(update.source.meter)) << "never an older reading after a newer one";
                last.at(update.source.meter) = value;
            }
        }
    }
    EXPECT_EQ(last, (std::array<double, drivers>{readings, readings, readings, readings}));
}

} // namespace
} // namespace gridbridge
