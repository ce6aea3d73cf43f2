// What single watches of the doctor remember, and for how long.
#include "mqtt/doctor/pair_watch.hpp"
#include "mqtt/doctor/peak_watch.hpp"
#include "mqtt/doctor/state_watch.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point start{100h};

Meter meter_with(std::uint16_t number, const std::string& role) {
    Meter meter;
    meter.source = {number, 0};
    meter.info.serial = "M" + std::to_string(number);
    meter.role = role;
    meter.life = MeterLife::Live;
    return meter;
}

void give(Meter& meter, Clock::time_point at, double watts) {
    meter.reading.received = at;
    meter.reading.set(Quantity::Power, watts);
    meter.last_good = at;
}

TEST(PairWatch, WhatWasKnownOfAnExchangedMeterIsForgotten) {
    Meter grid = meter_with(0, "grid");
    Meter load = meter_with(1, "acload");
    const std::vector<const Meter*> meters{&grid, &load};
    PairWatch watch;
    auto now = start;
    for (; now < start + 25h; now += 10s) {
        const double watts = now.time_since_epoch() % 20s == 0s ? 200 : 2000;
        give(grid, now, watts);
        give(load, now, watts + 5);
        watch.take(meters, now);
    }
    std::vector<Finding> found;
    watch.look(meters, {}, found);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().code, FindingCode::SameCircuit);
    EXPECT_EQ(found.front().meter, "M1");
    watch.forget(load.source);
    found.clear();
    watch.look(meters, {}, found);
    EXPECT_TRUE(found.empty());
}

TEST(PairWatch, SparesMeasureTheSameCircuitOnPurpose) {
    Meter grid = meter_with(0, "grid");
    Meter spare = meter_with(1, "acload");
    Meter standby = meter_with(2, "grid");
    standby.config.driver = DriverKind::Standby;
    standby.config.members = {"M0", "M1"};
    const std::vector<const Meter*> meters{&grid, &spare};
    PairWatch watch;
    for (auto now = start; now < start + 25h; now += 10s) {
        const double watts = now.time_since_epoch() % 20s == 0s ? 200 : 2000;
        give(grid, now, watts);
        give(spare, now, watts + 5);
        watch.take(meters, now);
    }
    std::vector<Finding> found;
    watch.look(meters, {&standby}, found);
    EXPECT_TRUE(found.empty());
    standby.config.members = {"M0", "M7"};
    watch.look(meters, {&standby}, found);
    EXPECT_EQ(found.size(), 1U);
}

TEST(StateWatch, AStandbyMeterTellsThatItUsesASpareAndThatItsMembersDiffer) {
    Meter meter = meter_with(0, "grid");
    give(meter, start, 100);
    meter.life = MeterLife::Live;
    meter.info.substitution = "uses P1: EM24 is lost: no answer";
    meter.info.contradiction = "EM24 showed 100 W and P1 900 W";
    StateWatch watch;
    std::vector<Finding> found;
    watch.look(meter, "Grid", start, found);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].code, FindingCode::StandbyInUse);
    EXPECT_EQ(found[0].text, "uses P1: EM24 is lost: no answer");
    EXPECT_EQ(found[1].code, FindingCode::MembersDiffer);
    EXPECT_EQ(found[1].text, "its members contradict each other: EM24 showed 100 W and P1 900 W");
    meter.info.substitution.clear();
    meter.info.contradiction.clear();
    found.clear();
    watch.look(meter, "Grid", start, found);
    EXPECT_TRUE(found.empty());
}

TEST(PeakWatch, TheHighestIsThatOfTheLastDay) {
    Meter meter = meter_with(0, "grid");
    PeakWatch watch(2500);
    const auto run = [&](Clock::time_point begin, double watts) {
        meter.interval_watts = watts;
        meter.interval_end = begin + 15min;
        watch.take(meter);
    };
    const auto told = [&](Clock::time_point now) {
        std::vector<Finding> found;
        watch.look(meter, "M0", now, found);
        return found.empty() ? std::string() : found.front().evidence;
    };
    run(start, 4000);
    EXPECT_EQ(told(start + 16min), "4.0 kW, limit 2.5 kW");
    EXPECT_EQ(told(start + 25h), "");
    run(start + 30h, 3000);
    EXPECT_EQ(told(start + 31h), "3.0 kW, limit 2.5 kW");
}

} // namespace
} // namespace gridbridge
